// What an agent does in a conversation.

import * as texts from "#texts/agent";
import type { ConsoleMessages, ConsoleSummary } from "../shared/operations";
import { send } from "./connection";
import { sendNow } from "./desk";
import { seenBy } from "./drafts";
import { current, listed, patched } from "./listing";
import { outbox } from "./outbox";
import { go } from "./route";
import { get, set, toast } from "./store";
import { emptyThread, followedTo, hasEarlier, overtaking, type Thread } from "./thread";

const threadsKept = 40; // conversations whose messages stay in memory

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
  const after = followedTo(thread(id));
  send({ t: "open", conv: id, ...(after > 0 && { after }) });
  askTarget(id);
}

/** Messages ahead of the one that is looked for come with it. */
const around = 50;

/** Asks for the message to scroll to, unless it is here. */
function askTarget(id: string): void {
  const { target, messages } = thread(id);
  if (!target || messages.some((m) => m.seq === target)) return;
  send({ t: "later", conv: id, after: Math.max(0, target - 1 - around) });
}

/** Gives the search for a message up where the answer to it came without: an address may name any. */
export function sought(t: Thread, { after = 0, earlier }: ConsoleMessages): Thread {
  const asked = t.target > 0 && after === Math.max(0, t.target - 1 - around) && (after > 0 || !earlier);
  return asked && !t.messages.some((m) => m.seq === t.target) ? { ...t, target: 0 } : t;
}

/** Scrolls to a message of the conversation on screen; hit: a search has found it. */
export function showMessage(id: string, seq: number, hit = false): void {
  setThread(id, { target: seq, hit: hit ? seq : 0 });
  askTarget(id);
}

/** What comes after this is unread; 0 where nothing is. */
export function unreadAfter(id: string): number {
  const c = current(get().inbox, id);
  return c && c.unread > 0 ? c.read : 0;
}

/** Puts a conversation on screen, at a message that was found or at its end; "" puts none there. */
export function openConversation(id: string, hit = 0): void {
  const { open } = get();
  if (id === open) {
    if (hit) showMessage(id, hit, true);
    return;
  }
  if (open) {
    send({ t: "leave", conv: open });
    setThread(open, { typing: false, viewers: [], typists: [], newAfter: 0, asking: false });
  }
  advance = undefined;
  set({ open: id, drawer: false, toasts: get().toasts.filter((t) => !id || t.conv !== id) });
  if (!id) return;
  setThread(id, { newAfter: unreadAfter(id), notFound: false, doubted: false, target: hit, hit });
  follow(id);
}

export function askEarlier(id: string): void {
  const { messages, asking } = thread(id);
  if (!hasEarlier(thread(id)) || asking) return;
  if (send({ t: "earlier", conv: id, before: messages[0]!.seq })) setThread(id, { asking: true });
}

/** Asks for messages of a gap, those next to what is read. */
export function askGap(id: string, gap: { after: number; before: number }, fromBelow: boolean): void {
  if (thread(id).asking) return;
  const frame = fromBelow
    ? ({ t: "earlier", conv: id, before: gap.before } as const)
    : ({ t: "later", conv: id, after: gap.after } as const);
  if (send(frame)) setThread(id, { asking: true });
}

/** The composer of a conversation is no longer empty, or is again. */
export function begun(conv: string, something: boolean): void {
  const t = thread(conv);
  if (!something) seenBy.delete(conv);
  else if (t.loaded && !seenBy.has(conv)) seenBy.set(conv, followedTo(t));
}

/** The name of the agent who has answered since a reply was begun, or ""; asked again it is known. */
export function overtaken(conv: string): string {
  const seen = seenBy.get(conv);
  const t = thread(conv);
  const by = seen !== undefined && overtaking(t, seen, get().me.email);
  if (by) seenBy.set(conv, followedTo(t));
  return by ? by.name || texts.agent : "";
}

export function reply(conv: string, text: string, files: readonly File[]): void {
  setThread(conv, { newAfter: 0 });
  const t = thread(conv);
  outbox.add(conv, text, files, t.loaded ? followedTo(t) : undefined);
}

/** The conversation on screen that is about to be resolved, and those of the view that may come next, the likeliest first. */
let advance: { from: string; to: readonly string[] } | undefined;

export function toggleStatus(c: ConsoleSummary): void {
  const status = c.status === "open" ? "resolved" : "open";
  sendNow({ t: "status", conv: c.id, status });
  if (status !== "resolved" || c.id !== get().open) return;
  const ids = listed(get().inbox, get().me.email).map((one) => one.id);
  const at = ids.indexOf(c.id);
  advance = { from: c.id, to: [...ids.slice(at + 1), ...ids.slice(0, Math.max(0, at)).reverse()] };
}

/** A conversation is resolved: where that was done here, the next one of the view opens, or none. */
export function resolved(c: ConsoleSummary): void {
  if (advance?.from !== c.id) return;
  const still = new Set(listed(get().inbox, get().me.email).map((one) => one.id));
  const next = advance.to.find((id) => still.has(id)) ?? "";
  advance = undefined;
  toast(texts.resolvedOne(c.name), c.id);
  leaveTo(next);
}

/** What was to come after a conversation does not, since it was not resolved. */
export function stay(conv: string): void {
  if (advance?.from === conv) advance = undefined;
}

/** Another conversation comes on screen, or none; a focus that goes with the old one goes to the list. */
function leaveTo(conv: string, entry = conv): void {
  const lost = document.activeElement?.closest(".talk");
  go(conv);
  if (lost && entry) set({ wanted: entry });
}

/** Makes the visitor's last message unread again, and looks away: what is looked at is read. */
export function markUnread(c: ConsoleSummary): void {
  const last = thread(c.id)
    .messages.filter((m) => m.from === "visitor")
    .pop();
  if (!send({ t: "unread", conv: c.id, seq: last?.seq ?? c.last })) return toast(texts.notConnected);
  openConversation("");
  leaveTo("", c.id);
}

export function assign(c: ConsoleSummary, agent: string): void {
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
  if (!c || !live || !thread(open).loaded || !atEnd || !watching()) return;
  const seq = followedTo(thread(open));
  if (seq <= c.read && !(c.unread > 0 && seq >= c.last)) return;
  if (send({ t: "read", conv: open, seq })) {
    set({ inbox: patched(inbox, open, { read: seq, ...(seq >= c.last && { unread: 0 }) }) });
  }
}
