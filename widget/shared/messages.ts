// The messages of one conversation, in order of their sequence numbers.
import { sameDay } from "./dates";

/** Messages of one author within this time stand together, in milliseconds. */
const together = 5 * 60_000;

interface Numbered {
  seq: number;
}

/** Both in order, each once; what b says of a message counts. A client id once known is kept: it is the message's identity on screen. */
export function merge<M extends Numbered>(a: readonly M[], b: readonly M[]): M[] {
  // Mostly what comes is in order, and goes on where what is here ends, which may be long.
  if (b.every((m, i) => !i || m.seq > b[i - 1]!.seq)) {
    if (behind(a, b)) return [...a, ...b];
    if (behind(b, a)) return [...b, ...a];
  }
  const bySeq = new Map(a.map((m) => [m.seq, m]));
  for (const m of b) bySeq.set(m.seq, { ...bySeq.get(m.seq), ...m });
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq);
}

/** What tells a message from the others on screen, before it has a number and after. */
export const idOf = (m: { cid?: string; seq?: number }): string => m.cid || String(m.seq);

const behind = (a: readonly Numbered[], b: readonly Numbered[]): boolean =>
  !a.length || !b.length || a[a.length - 1]!.seq < b[0]!.seq;

/** The last sequence number up to which nothing is missing, from which to resume; 0 where there is nothing. */
export function end(messages: readonly Numbered[]): number {
  let last = 0;
  for (const { seq } of messages) {
    if (last && seq !== last + 1) break;
    last = seq;
  }
  return last;
}

interface Said {
  from: string;
  name?: string;
  time: number;
}

/** Whether b stands in one group with a, which comes before it. */
export const joined = (a: Said | undefined, b: Said | undefined): boolean =>
  !!a && !!b && a.from === b.from && a.name === b.name && b.time - a.time < together && sameDay(a.time, b.time);
