// What an agent does in a conversation.

import type { ConsoleSummary } from "../shared/operations";
import { send } from "./connection";
import { sendNow } from "./desk";
import { current, patched } from "./listing";
import { outbox } from "./outbox";
import { get, set } from "./store";
import { emptyThread, followedTo, hasEarlier, type Thread } from "./thread";

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
    setThread(open, { typing: false, newAfter: 0, asking: false });
  }
  set({ open: id, drawer: false });
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
  if (!c || !live || !thread(open).loaded || !atEnd || !watching()) return;
  const seq = followedTo(thread(open));
  if (seq <= c.read && !(c.unread > 0 && seq >= c.last)) return;
  if (send({ t: "read", conv: open, seq })) {
    const caughtUp = seq >= c.last;
    set({
      inbox: patched(inbox, open, { read: seq, ...(caughtUp && { unread: 0 }) }),
      unread: Math.max(0, get().unread - Number(caughtUp && c.status === "open" && c.unread > 0)),
    });
  }
}
