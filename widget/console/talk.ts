// What an agent does in a conversation.

import { end } from "../shared/messages";
import type { ConsoleSummary } from "../shared/operations";
import { send } from "./connection";
import { sendNow } from "./desk";
import { current, patched } from "./listing";
import { outbox } from "./outbox";
import { get, set } from "./store";
import { emptyThread, type Thread } from "./thread";

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
  setThread(id, { newAfter: unreadAfter(id), notFound: false, doubted: false });
  follow(id);
}

export function askEarlier(id: string): void {
  const { messages, earlier, asking } = thread(id);
  const first = messages[0];
  if (!first || !earlier || asking) return;
  if (send({ t: "earlier", conv: id, before: first.seq })) setThread(id, { asking: true });
}

export function reply(conv: string, text: string, files: readonly File[]): void {
  setThread(conv, { newAfter: 0 });
  outbox.add(conv, text, files);
}

export function toggleStatus(c: ConsoleSummary): void {
  sendNow({ t: "status", conv: c.id, status: c.status === "open" ? "resolved" : "open" });
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
