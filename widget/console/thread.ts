// The messages of one conversation. Pure functions.

import { sameDay } from "../shared/dates";
import type { Outgoing as OutgoingFile } from "../shared/files";
import type { Attachment } from "../shared/frames";
import type { Author, Message, MessagesPage } from "./frames";

export type Thread = {
  messages: readonly Message[];
  /** There are older ones on the server. */
  earlier: boolean;
  loaded: boolean;
  /** Older ones have been asked for. */
  asking: boolean;
  /** What was unread as the conversation was opened comes after this; 0 is nothing. */
  newAfter: number;
  typing: boolean;
  /** The server knows no such conversation. */
  gone: boolean;
};

/** A reply that the server has not acknowledged yet. */
export type Outgoing = {
  cid: string;
  conv: string;
  text: string;
  time: number;
  files: readonly OutgoingFile[];
  /** How much of the file under way has been sent, from 0 to 1. */
  part?: number;
  failed?: string;
};

export const emptyThread: Thread = {
  messages: [],
  earlier: false,
  loaded: false,
  asking: false,
  newAfter: 0,
  typing: false,
  gone: false,
};

/** Both in order of seq, each once. A client id once known is kept: it is the message's identity on screen. */
export function merge(a: readonly Message[], b: readonly Message[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const m of a) bySeq.set(m.seq, m);
  for (const m of b) {
    const cid = m.cid ?? bySeq.get(m.seq)?.cid;
    bySeq.set(m.seq, cid ? { ...m, cid } : m);
  }
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq);
}

/** The last sequence number up to which nothing is missing; 0 where there is nothing. */
export function end(messages: readonly Message[]): number {
  let last = 0;
  for (const m of messages) {
    if (last && m.seq !== last + 1) break;
    last = m.seq;
  }
  return last;
}

/** Takes in a page of messages: the last ones, those after `after` or those before `before`. */
export function takeMessages(thread: Thread, page: MessagesPage): Thread {
  const got = page.messages ?? [];
  if (page.before) {
    return { ...thread, asking: false, earlier: page.earlier, messages: merge(thread.messages, got) };
  }
  const first = got[0]?.seq ?? 0;
  const joins = thread.messages.length > 0 && first <= end(thread.messages) + 1;
  return {
    ...thread,
    loaded: true,
    asking: false,
    gone: false,
    earlier: joins ? thread.earlier : page.earlier,
    messages: joins
      ? merge(thread.messages, got)
      : merge(
          got,
          thread.messages.filter((m) => m.seq > first),
        ),
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
  failed?: string;
};

export type Row =
  | { kind: "day"; key: string; time: number; fresh: boolean }
  | { kind: "fresh"; key: string }
  | { kind: "group"; key: string; from: Author; name: string; time: number; bubbles: Bubble[] };

const pause = 5 * 60_000;

/** Messages by day and by author, with a line before what was unread, and replies under way at the end. */
export function rows(thread: Thread, outgoing: readonly Outgoing[], myName: string): Row[] {
  const out: Row[] = [];
  const fresh = firstFresh(thread);
  let before = 0;
  const add = (from: Author, name: string, b: Bubble) => {
    const freshHere = fresh > 0 && b.seq === fresh;
    if (!before || !sameDay(before, b.time)) {
      out.push({ kind: "day", key: `day ${b.key}`, time: b.time, fresh: freshHere });
    } else if (freshHere) {
      out.push({ kind: "fresh", key: "fresh" });
    }
    const top = out[out.length - 1];
    if (top?.kind === "group" && top.from === from && top.name === name && b.time - before < pause) {
      top.bubbles.push(b);
    } else {
      out.push({ kind: "group", key: `group ${b.key}`, from, name, time: b.time, bubbles: [b] });
    }
    before = b.time;
  };
  for (const m of thread.messages) {
    const { text, time, seq, attachments = [] } = m;
    add(m.from, m.name ?? "", { key: m.cid ?? `seq ${seq}`, text, time, seq, attachments });
  }
  for (const o of outgoing) {
    const time = Math.max(o.time, before);
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

/** The agents' last message that the visitor has seen, where nothing was said since; else 0. */
export function seenSeq(thread: Thread, visitorRead: number): number {
  for (let i = thread.messages.length - 1; i >= 0; i--) {
    const m = thread.messages[i]!;
    if (m.from === "visitor") return 0;
    if (m.from === "agent" && m.seq <= visitorRead) return m.seq;
  }
  return 0;
}
