// What the page's own script says of the visitor, held until there is a
// conversation to tell it to: the server keeps it with that.
import { post } from "./api";
import { emit } from "./events";

type Tags = { additionalTaggingData?: object; [key: string]: unknown };

let waiting: Tags | undefined;
let told = false;
let sending = false;

export const pending = (): boolean => !!waiting;

export function tag(data: Tags): void {
  waiting = merge(waiting, data);
  flush();
}

function merge(older?: Tags, newer?: Tags): Tags {
  const deep = { ...older?.additionalTaggingData, ...newer?.additionalTaggingData };
  const all: Tags = { ...older, ...newer };
  // null stays null: it deletes the whole.
  if (all.additionalTaggingData) all.additionalTaggingData = deep;
  return all;
}

/** A conversation exists, or no longer does. */
export function settle(exists: boolean): void {
  told = exists;
  flush();
}

export function clear(): void {
  waiting = undefined;
  told = false;
}

async function flush(): Promise<void> {
  if (!told || sending || !waiting) return;
  sending = true;
  await 0; // calls in a row become one request
  const data = waiting;
  waiting = undefined;
  const answer = await post("tag", { data });
  sending = false;
  if (answer.t != "error") flush();
  else if (answer.code != "unavailable") emit("error", answer);
  // It goes with the next contact, unless a reset came in between.
  else if (told) waiting = merge(data, waiting);
}
