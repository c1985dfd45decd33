// What is kept of rules. In the tab's storage: which have matched, and how many
// pages were seen where a rule asks for that. The browser's other tabs are told, so
// that nothing is shown in each of them. Beyond the session only the time is kept
// at which the visitor has answered or closed a message that is not to come soon again.
import { recall, remember } from "../shared/remember";
import { keepStored, stored } from "../shared/stored";

interface State {
  matched: string[];
  visits: number;
  /** The rule whose message the visitor has answered. */
  answered?: string;
}

export class Memory {
  state: State = { matched: [], visits: 0 };
  private _channel: BroadcastChannel | undefined;
  private _key: string;

  constructor(
    site: string,
    /** Takes the names of what has matched. */
    private _changed: (matched: readonly string[]) => void,
  ) {
    this._key = "parley-rules:" + site;
    this._recall();
  }

  /** Takes what is stored: other pages of the tab may have come before one that the browser brings back. */
  private _recall(): void {
    this._take(read(stored(this._key)));
  }

  private _take({ matched, visits, answered }: Partial<State>): void {
    const { state } = this;
    for (const name of matched ?? []) if (!state.matched.includes(name)) state.matched.push(name);
    state.visits = Math.max(state.visits, visits ?? 0);
    if (answered) state.answered = answered;
    this._changed(this.state.matched);
  }

  private _write(): void {
    keepStored(this._key, JSON.stringify(this.state));
    this._channel?.postMessage(this.state);
  }

  matched(name: string): void {
    this.state.matched.push(name);
    this._write();
    this._changed(this.state.matched);
  }

  visited(): void {
    this.state.visits++;
    this._write();
  }

  /** The visitor has answered a rule's message, or closed it. */
  settled(name: string, answered: boolean, pause: number | undefined): void {
    if (pause) remember(this._key, JSON.stringify({ ...read(recall(this._key)), [name]: Date.now() }));
    if (!answered) return;
    this.state.answered = name;
    this._write();
  }

  /** Whether it was settled too short a time ago. */
  pauses(name: string, pause: number | undefined): boolean {
    const times = read(recall(this._key)) as Record<string, number>;
    return !!pause && Date.now() - (times[name] ?? -Infinity) < pause * 1000;
  }

  /** Forgets what is of this session. */
  forget(): void {
    this.state = { matched: [], visits: 0 };
    keepStored(this._key);
    this._changed(this.state.matched);
  }

  /** Listens to the other tabs, and asks what they know. */
  listen(): void {
    if (this._channel || !window.BroadcastChannel) return;
    this._recall();
    this._channel = new BroadcastChannel(this._key);
    this._channel.onmessage = ({ data }: MessageEvent<State | undefined>) => {
      if (data) this._take(data);
      else this._channel?.postMessage(this.state);
    };
    this._channel.postMessage(undefined);
  }

  /** Stops listening, so that the page may enter the back/forward cache. */
  stopListening(): void {
    this._channel?.close();
    this._channel = undefined;
  }
}

/** An object that was written; what a page has written in its place counts as nothing. */
function read(text: string | null | undefined): object {
  try {
    return Object(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}
