// What an agent does in a conversation.

import * as texts from "#texts/agent";
import { Backoff } from "../shared/backoff";
import { ids, outgoing, unsent, upload } from "../shared/files";
import type { Attachment, Failure } from "../shared/frames";
import { clientID } from "../shared/secret";
import { sendNow } from "./desk";
import type { Summary } from "./frames";
import { address } from "./http";
import { current, patched } from "./listing";
import { get, set } from "./store";
import { emptyThread, end, type Outgoing, type Thread } from "./thread";
import { send } from "./wire";

const threadsKept = 40; // conversations whose messages stay in memory
const uploadTries = 6; // of one file while what bars it may pass: a minute or more

export const thread = (id: string): Thread => get().threads.get(id) ?? emptyThread;

export function setThread(id: string, change: Partial<Thread>): void {
  const threads = new Map(get().threads);
  const next = { ...thread(id), ...change };
  threads.delete(id);
  threads.set(id, next);
  for (const old of threads.keys()) {
    if (threads.size <= threadsKept) break;
    if (old !== get().open) threads.delete(old);
  }
  set({ threads });
}

/** Asks for what is missing of a conversation, and follows it from then on. */
export function follow(id: string): void {
  const after = end(thread(id).messages);
  send({ t: "open", conv: id, ...(after > 0 && { after }) });
}

/** What comes after this is unread; 0 where nothing is. */
export function unreadAfter(id: string): number {
  const c = current(get().inbox, id);
  return c && c.unread > 0 ? c.read : 0;
}

/** Puts a conversation on screen; "" puts none there. */
export function openConversation(id: string): void {
  const { open } = get();
  if (id === open) return;
  if (open) {
    send({ t: "leave", conv: open });
    setThread(open, { typing: false, newAfter: 0, asking: false });
  }
  set({ open: id, drawer: false });
  if (!id) return;
  setThread(id, { newAfter: unreadAfter(id), gone: false });
  follow(id);
}

export function askEarlier(id: string): void {
  const { messages, earlier, asking } = thread(id);
  const first = messages[0];
  if (!first || !earlier || asking) return;
  if (send({ t: "earlier", conv: id, before: first.seq })) setThread(id, { asking: true });
}

export function reply(conv: string, text: string, files: readonly File[]): void {
  const out: Outgoing = { cid: clientID(), conv, text, time: Date.now(), files: outgoing(files) };
  set({ outbox: [...get().outbox, out] });
  setThread(conv, { newAfter: 0 });
  pump(conv);
}

/** The same client id again: the server makes no second message of it. */
export function retry(cid: string): void {
  const outbox = get().outbox.map((o) => (o.cid === cid ? withoutFailure(o) : o));
  set({ outbox });
  const out = outbox.find((o) => o.cid === cid);
  handed.delete(cid);
  setbacks.delete(cid);
  if (out) pump(out.conv);
}

/** Gives up a reply that was refused, and hands it back. */
export function discard(cid: string): Outgoing | undefined {
  const out = get().outbox.find((o) => o.cid === cid);
  set({ outbox: get().outbox.filter((o) => o.cid !== cid) });
  return out;
}

function change(cid: string, part: Partial<Outgoing>): void {
  set({ outbox: get().outbox.map((o) => (o.cid === cid ? { ...o, ...part } : o)) });
}

export function fail(cid: string, why: string): void {
  change(cid, { failed: why });
  const out = get().outbox.find((o) => o.cid === cid);
  if (out) pump(out.conv);
}

/** What was uploaded for a reply is worth nothing any more: with the next try its files go once more. */
export function forgetUploads(cid: string): void {
  const out = get().outbox.find((o) => o.cid === cid);
  if (out) change(cid, { files: outgoing(out.files.map((f) => f.file)) });
}

/** After a reconnect: whatever was not acknowledged goes out anew, in order. */
export function resend(): void {
  handed.clear();
  setbacks.clear();
  for (const conv of new Set(get().outbox.map((o) => o.conv))) pump(conv);
}

const withoutFailure = ({ failed: _, ...out }: Outgoing): Outgoing => out;

/** The replies that this connection has taken. */
const handed = new Set<string>();
const uploading = new Set<string>();
/** Of the replies whose upload is to be tried again: how often it was, and how long to wait. */
const setbacks = new Map<string, { tries: number; backoff: Backoff }>();

/** Sends the replies of a conversation in their order: files hold up what comes after them. */
function pump(conv: string): void {
  for (const out of get().outbox) {
    if (out.conv !== conv || out.failed) continue;
    if (unsent(out.files)) return void uploadNext(out);
    const { cid, text, files } = out;
    if (!handed.has(cid) && send({ t: "reply", conv, cid, text, ...ids(files) })) handed.add(cid);
  }
}

async function uploadNext({ cid, conv, files }: Outgoing): Promise<void> {
  const next = unsent(files);
  if (!next || uploading.has(cid)) return;
  uploading.add(cid);
  const answer = await upload(address("upload"), { conv }, next.file, (part) => change(cid, { part }));
  if (answer.t === "error" && passes(cid, answer)) return; // it counts as uploading meanwhile
  uploading.delete(cid);
  setbacks.delete(cid);
  if (answer.t !== "error") next.sent = answer as Attachment;
  else fail(cid, answer.code === "unavailable" ? texts.uploadFailed : answer.text);
  pumpOf(cid);
}

/** Sends on where a reply is by now: perhaps in another conversation, or given up. */
function pumpOf(cid: string): void {
  const now = get().outbox.find((o) => o.cid === cid);
  if (now) pump(now.conv);
}

/** Whether an upload that failed is tried again: with the next connection where there is none, else after a while. */
function passes(cid: string, { code, retry }: Failure): boolean {
  if (code !== "unavailable" && code !== "rate_limited") return false;
  const { tries, backoff } = setbacks.get(cid) ?? { tries: 0, backoff: new Backoff(3_000) };
  if (tries === uploadTries) return false;
  setbacks.set(cid, { tries: tries + 1, backoff });
  const wait = retry ? retry * 1000 : backoff.next();
  setTimeout(() => {
    uploading.delete(cid);
    if (get().live) pumpOf(cid);
  }, wait);
  return true;
}

export function toggleStatus(c: Summary): void {
  sendNow({ t: "status", conv: c.id, status: c.status === "open" ? "resolved" : "open" });
}

export function assign(c: Summary, agent: string): void {
  sendNow({ t: "assign", conv: c.id, agent });
}

/** Whether the end of the conversation on screen is in view; the pane of messages keeps it. */
let atEnd = true;

export function setAtEnd(yes: boolean): void {
  atEnd = yes;
  if (yes) markRead();
}

export const watching = () => document.visibilityState === "visible" && document.hasFocus();

/** Tells the server how far the agent has read, when they can be looking at it. */
export function markRead(): void {
  const { open, inbox, live } = get();
  const c = current(inbox, open);
  const { loaded, messages } = thread(open);
  if (!c || !live || !loaded || !atEnd || !watching()) return;
  const seq = end(messages);
  if (seq <= c.read && !(c.unread > 0 && seq >= c.last)) return;
  if (send({ t: "read", conv: open, seq })) {
    const caughtUp = seq >= c.last;
    set({
      inbox: patched(inbox, open, { read: seq, ...(caughtUp && { unread: 0 }) }),
      unread: Math.max(0, get().unread - Number(caughtUp && c.status === "open" && c.unread > 0)),
    });
  }
}
