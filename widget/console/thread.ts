// The messages of one conversation. Pure functions.

import { sameDay } from "../shared/dates";
import type { OutgoingFile } from "../shared/files";
import { end, joined, merge } from "../shared/messages";
import type {
  Attachment,
  ConsoleActivity,
  ConsoleMessage,
  ConsoleMessages,
  ConsoleSummary,
  ConsoleViewer,
  ErrorCode,
  Side,
} from "../shared/operations";
import type { Outgoing } from "../shared/outbox";

export type Thread = {
  /** In order; there may be gaps, where parts of a long conversation have been looked up. */
  messages: readonly ConsoleMessage[];
  /** The first message of the part that goes on to the end, and is followed. */
  tail: number;
  loaded: boolean;
  /** Others have been asked for. */
  asking: boolean;
  /** The message to scroll to as soon as it is there; 0 for none. */
  target: number;
  /** The message that a search has found; 0 for none. */
  hit: number;
  /** What was unread as the conversation was opened comes after this; 0 is nothing. */
  newAfter: number;
  typing: boolean;
  /** The other agents who have it open, and those of them who type. */
  viewers: readonly ConsoleViewer[];
  typists: readonly string[];
  /** The server has no such conversation, or none for this agent. */
  notFound: boolean;
  /** Something of it was not found, maybe the agent that it was to go to: whether it is there itself has been asked. */
  doubted: boolean;
};

export const emptyThread: Thread = {
  messages: [],
  tail: 0,
  loaded: false,
  asking: false,
  target: 0,
  hit: 0,
  newAfter: 0,
  typing: false,
  viewers: [],
  typists: [],
  notFound: false,
  doubted: false,
};

/** The last message up to which nothing is missing of what is followed; 0 where there is none. */
export const followedTo = ({ messages, tail, loaded }: Thread): number =>
  loaded ? end(messages.filter((m) => m.seq >= tail)) : 0;

/** Whether there are messages before the first one here. */
export const hasEarlier = ({ messages }: Thread): boolean => (messages[0]?.seq ?? 1) > 1;

/** Takes in a page of messages: the last ones, those after `after` or those before `before`. */
export function takeMessages(thread: Thread, page: ConsoleMessages): Thread {
  const got = page.messages ?? [];
  const messages = merge(thread.messages, got);
  if (page.before || page.later) return { ...thread, asking: false, messages };
  const first = got[0]?.seq ?? 0;
  const joins = thread.loaded && first <= followedTo(thread) + 1;
  return {
    ...thread,
    loaded: true,
    asking: false,
    notFound: false,
    doubted: false,
    tail: joins ? thread.tail : first,
    messages,
  };
}

export type Bubble = {
  key: string;
  text: string;
  time: number;
  seq: number;
  attachments?: readonly Attachment[];
  files?: readonly OutgoingFile[];
  part?: number;
  waiting?: boolean;
  failed?: ErrorCode;
};

export type Row =
  | { kind: "day"; key: string; time: number; fresh: boolean }
  | { kind: "fresh"; key: string }
  | { kind: "activity"; key: string; done: ConsoleActivity }
  /** Messages that are not here: those between these two. */
  | { kind: "gap"; key: string; after: number; before: number }
  | { kind: "group"; key: string; from: Side; name: string; time: number; bubbles: Bubble[] };

/** A group has at most so many bubbles, since it is drawn as a whole. */
const groupMost = 20;

/**
 * Messages by day and by author, with what was done between them, a line before
 * what was unread, and replies under way at the end.
 */
export function rows(
  thread: Thread,
  outgoing: readonly Outgoing[],
  myName: string,
  { last, activities }: Partial<Pick<ConsoleSummary, "last" | "activities">> = {},
): Row[] {
  const out: Row[] = [];
  const fresh = firstFresh(thread);
  let before: { from: Side; name: string; time: number } | undefined;
  const add = (from: Side, name: string, b: Bubble) => {
    const freshHere = fresh > 0 && b.seq === fresh;
    if (!before || !sameDay(before.time, b.time)) {
      out.push({ kind: "day", key: `day ${b.key}`, time: b.time, fresh: freshHere });
    } else if (freshHere) {
      out.push({ kind: "fresh", key: "fresh" });
    }
    const now = { from, name, time: b.time };
    const top = out[out.length - 1];
    // Joined to the group's first, so that a long run shows a time now and then.
    if (top?.kind === "group" && top.bubbles.length < groupMost && joined(top, now)) {
      top.bubbles.push(b);
    } else {
      out.push({ kind: "group", key: `group ${b.key}`, from, name, time: b.time, bubbles: [b] });
    }
    before = now;
  };
  const done = (activities: readonly ConsoleActivity[] = [], seq: number) => {
    activities.forEach((a, i) => {
      out.push({ kind: "activity", key: `done ${seq} ${i}`, done: a });
    });
  };
  let previous = 0;
  for (const m of thread.messages) {
    if (previous && m.seq > previous + 1) {
      out.push({ kind: "gap", key: `gap ${previous}`, after: previous, before: m.seq });
      before = undefined;
    }
    previous = m.seq;
    const { text, time, seq, attachments = [] } = m;
    done(m.before, seq);
    add(m.from, m.name, { key: m.cid ?? `seq ${seq}`, text, time, seq, attachments });
  }
  // Until they go with the next message they stand behind the last one.
  if (last === followedTo(thread)) done(activities, last + 1);
  for (const o of outgoing) {
    const time = Math.max(o.time, before?.time ?? 0);
    add("agent", myName, {
      key: o.cid,
      text: o.text,
      time,
      seq: 0,
      files: o.files,
      ...(o.part !== undefined && { part: o.part }),
      waiting: !o.failed,
      ...(o.failed && { failed: o.failed }),
    });
  }
  return out;
}

/** The first message that was unread as the conversation was opened, unless all of it was; else 0. */
function firstFresh({ messages, newAfter }: Thread): number {
  if (!newAfter) return 0;
  return messages.find((m) => m.seq > newAfter && m.from === "visitor")?.seq ?? 0;
}

/** The last answer of another agent's behind a number, or undefined. */
export function overtaking(thread: Thread, seen: number, me: string): ConsoleMessage | undefined {
  const others = (m: ConsoleMessage) => m.seq > seen && m.from === "agent" && m.agent !== me;
  return thread.messages.filter(others).pop();
}

/** The agents' last message that the visitor has seen, where nothing was said since; else 0. */
export function seenSeq(thread: Thread, visitorRead: number): number {
  for (let i = thread.messages.length - 1; i >= 0; i--) {
    const m = thread.messages[i]!;
    if (m.from === "visitor") return 0;
    if (m.from === "agent" && m.seq <= visitorRead) return m.seq;
  }
  return 0;
}
