// What the page's own script says of the visitor. The server stores it with the
// conversation, so it is held until there is one.
import type { ToVisitor } from "../shared/operations";
import { post } from "./api";
import { emit } from "./events";

export type Tags = { additionalTaggingData?: object; [key: string]: unknown };

let unsent: Tags | undefined;
let conversation = false;
let sending = false;

export const pending = (): boolean => !!unsent;

/** Takes what the page says. A token goes at once, and alone; where that signs somebody in, changed is called. */
export async function tag({ externalToken, ...data }: Tags, changed: () => void): Promise<void> {
  unsent = merge(unsent, data);
  flush();
  if (externalToken && (await send({ externalToken }))?.t === "again") changed();
}

/** Sends tags. The page is told of a refusal, and of a token that could not be checked, since it has to bring a fresh one. Undefined where there was no answer. */
async function send(data: Tags): Promise<ToVisitor | undefined> {
  const answer = await post("tag", { data });
  if (answer.t === "error") {
    if (!data.externalToken && answer.code === "unavailable") return;
    emit("error", answer);
  }
  return answer;
}

function merge(older?: Tags, newer?: Tags): Tags {
  const all: Tags = { ...older, ...newer };
  // null stays null: it deletes the whole.
  if (all.additionalTaggingData)
    all.additionalTaggingData = { ...older?.additionalTaggingData, ...newer?.additionalTaggingData };
  return all;
}

/** A conversation exists, or no longer does. */
export function setConversation(exists: boolean): void {
  conversation = exists;
  flush();
}

export function clear(): void {
  unsent = undefined;
  conversation = false;
}

async function flush(): Promise<void> {
  if (!conversation || sending || !unsent) return;
  sending = true;
  await 0; // calls in a row become one request
  const data = unsent;
  unsent = undefined;
  const answer = await send(data);
  sending = false;
  if (answer) flush();
  // It goes with the next contact, unless a reset came in between.
  else if (conversation) unsent = merge(data, unsent);
}
