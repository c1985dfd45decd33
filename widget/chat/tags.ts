// Sends what the page's own script says of the visitor, once there is a
// conversation that it can be stored with.
import type { Host, Tags } from "../shared/host";
import type { Store } from "./store";

export class Tagging {
  private _sending = false;

  constructor(
    private _host: Host,
    private _store: Store,
  ) {}

  /** Sends what there is; to be called when a conversation exists. The page is told of a refusal. */
  async flush(): Promise<void> {
    const { _host: host, _store: store } = this;
    if (this._sending || !host._tags.length) return;
    this._sending = true;
    await 0; // calls in a row become one request
    const { era } = store;
    const data = host._tags.splice(0).reduce(merge, {});
    const answer = Object.keys(data).length ? await host.post("tag", { data }) : undefined;
    this._sending = false;
    if (answer?.t === "error") {
      // It goes with the next contact, unless a reset came in between.
      if (answer.code === "unavailable") return void (era === store.era && host._tags.unshift(data));
      host.emit("error", answer);
    }
    this.flush();
  }
}

/** What is said later counts; of additional data, key by key. null stays null: it deletes the whole. */
function merge(older: Tags, newer: Tags): Tags {
  const all: Tags = { ...older, ...newer };
  if (all.additionalTaggingData)
    all.additionalTaggingData = { ...older.additionalTaggingData, ...newer.additionalTaggingData };
  return all;
}
