// The inbox: every conversation that the server has named, and which of them one
// view shows. Pure functions; what they return replaces what they were given.

import type { ConsoleHit, ConsoleInbox, ConsoleSummary } from "../shared/operations";
import { asks, matches, rank, sparse, type View } from "./view";

type Known = { c: ConsoleSummary; seen: number };

export type Inbox = {
  view: View;
  known: ReadonlyMap<string, Known>;
  /** Those that answers to this view's question have named. */
  found: ReadonlySet<string>;
  /** The messages for which a search has found conversations, by those. */
  hits: ReadonlyMap<string, ConsoleHit>;
  /** Down to which time of activity a search has looked; 0 where it doesn't say, or all was looked through. */
  reached: number;
  /** How many pages may yet be asked for before it is for the agent to say whether to search further. */
  further: number;
  /** The list has no holes down to this rank; -Infinity once all pages are here. */
  floor: number;
  /** While pages are asked for anew: how far down the list was shown before. */
  want: number;
  next: string;
  loaded: boolean;
  loading: boolean;
  /** When the question under way was put, on the clock of `seen`. */
  asked: number;
  /** Below this, what is known comes from an earlier connection, and its rev counts no more. */
  epoch: number;
};

/** How many pages of a search follow each other by themselves. */
export const pagesAtOnce = 10;

let ticks = 0;
/** Puts questions and frames into one order. */
export const tick = () => ++ticks;

export const emptyInbox = (view: View): Inbox => ({
  view,
  known: new Map(),
  found: new Set(),
  hits: new Map(),
  reached: 0,
  further: pagesAtOnce,
  floor: Infinity,
  want: Infinity,
  next: "",
  loaded: false,
  loading: false,
  asked: 0,
  epoch: 0,
});

const shown = (inbox: Inbox, c: ConsoleSummary, me: string) => matches(c, inbox.view, me, inbox.found.has(c.id));

/** What the view shows, in its order. */
export function listed(inbox: Inbox, me: string): ConsoleSummary[] {
  const floor = Math.min(inbox.floor, inbox.want);
  const catchingUp = inbox.loading || inbox.want < inbox.floor;
  // Where pages may be empty, a list may have holes: what is known early is shown
  // early, unless it is from an earlier connection and was not confirmed.
  const sure = sparse(inbox.view)
    ? ({ seen }: Known) => catchingUp || seen >= inbox.epoch
    : ({ c }: Known) => !inbox.loaded || rank(c, inbox.view) >= floor;
  const list: ConsoleSummary[] = [];
  for (const one of inbox.known.values()) {
    if (sure(one) && shown(inbox, one.c, me)) list.push(one.c);
  }
  const { view } = inbox;
  return list.sort((a, b) => rank(b, view) - rank(a, view) || (a.id < b.id ? -1 : 1));
}

/** The order in which a view was shown. */
export type Held = { view: View; ids: readonly string[] };

/** The list in the order in which it was shown; what is new comes where it will be, behind what was ahead of it. */
export function held(was: Held, view: View, list: readonly ConsoleSummary[]): readonly ConsoleSummary[] {
  if (was.view !== view) return list;
  const place = new Map(was.ids.map((id, i) => [id, i]));
  const old = list.filter((c) => place.has(c.id)).sort((a, b) => place.get(a.id)! - place.get(b.id)!);
  // Only what comes behind all that was shown, as the next page does, may be added.
  let end = list.length;
  while (end > 0 && !place.has(list[end - 1]!.id)) end--;
  return [...old, ...list.slice(end)];
}

/**
 * Where to scroll so that the first entry in view stays there, as others move
 * ahead of it; one that moves itself is not followed.
 */
export function anchored(before: readonly string[], now: readonly string[], top: number, height: number): number {
  const place = new Map(now.map((id, i) => [id, i]));
  const first = Math.floor(top / height);
  for (let at = first; at < before.length; at++) {
    const to = place.get(before[at]!);
    if (to !== undefined && to >= at) return top + (to - at) * height;
  }
  return top;
}

/** Asks for the first page again and keeps on screen what is there. */
export function refreshing(inbox: Inbox): Inbox {
  return {
    ...inbox,
    next: "",
    further: pagesAtOnce,
    loading: true,
    asked: tick(),
    want: inbox.loaded ? Math.min(inbox.floor, inbox.want) : Infinity,
  };
}

/** Another view starts with what is known, so that it is never blank without need. */
export function turnedTo(inbox: Inbox, view: View): Inbox {
  return { ...emptyInbox(view), known: inbox.known, epoch: inbox.epoch };
}

export const current = (inbox: Inbox, id: string): ConsoleSummary | undefined => inbox.known.get(id)?.c;

/** The newest of what is known and what has come. */
function newest(inbox: Inbox, c: ConsoleSummary): ConsoleSummary {
  const old = inbox.known.get(c.id);
  return old && old.seen >= inbox.epoch && old.c.rev > c.rev ? old.c : c;
}

export function upsert(inbox: Inbox, c: ConsoleSummary): Inbox {
  const known = new Map(inbox.known);
  known.set(c.id, { c: newest(inbox, c), seen: tick() });
  return { ...inbox, known };
}

/** A change made here, ahead of the server's own word. */
export function patched(inbox: Inbox, id: string, change: Partial<ConsoleSummary>): Inbox {
  const old = inbox.known.get(id);
  if (!old) return inbox;
  return { ...inbox, known: new Map(inbox.known).set(id, { c: { ...old.c, ...change }, seen: old.seen }) };
}

export function without(inbox: Inbox, id: string): Inbox {
  const known = new Map(inbox.known);
  known.delete(id);
  return { ...inbox, known };
}

/** Whether a page answers the question that this inbox has put last. */
function answers(inbox: Inbox, page: ConsoleInbox): boolean {
  return asks(inbox.view, page) && (page.cursor ?? "") === inbox.next;
}

/**
 * Takes in a page. What should be on it and isn't has changed while nobody
 * listened (the connection was down), and goes, unless something came
 * of it since the question.
 */
export function takePage(inbox: Inbox, page: ConsoleInbox, me: string): Inbox {
  const conversations = page.conversations ?? [];
  const taken = new Map(inbox.known);
  for (const c of conversations) taken.set(c.id, { c: newest(inbox, c), seen: tick() });
  let next = { ...inbox, known: taken };
  if (!answers(inbox, page)) return next;
  const upper = page.cursor ? inbox.floor : Infinity;
  const lower = page.next ? Math.min(upper, ...conversations.map((c) => rank(c, inbox.view))) : -Infinity;
  const here = new Set(conversations.map((c) => c.id));
  const known = new Map(next.known);
  for (const [id, { c, seen }] of sparse(inbox.view) ? [] : inbox.known) {
    const at = rank(c, inbox.view);
    const onPage = shown(inbox, c, me) && at < upper && at > lower;
    if (onPage && seen < inbox.asked && !here.has(id)) known.delete(id);
  }
  const found = new Set([...inbox.found, ...here]);
  const hits = new Map(inbox.hits);
  for (const hit of page.hits ?? []) hits.set(hit.conv, hit);
  next = { ...next, known, found, hits, floor: lower, next: page.next ?? "", loaded: true, loading: false };
  next = { ...next, reached: page.reached ?? 0, further: inbox.further - 1 };
  return next.floor <= next.want ? { ...next, want: Infinity } : next;
}

/** Whether a search has looked through as much as one may without being asked to. */
export const pauses = (inbox: Inbox): boolean => sparse(inbox.view) && inbox.next !== "" && inbox.further <= 0;

/**
 * Whether a change brings a new message. Of a conversation that was unknown
 * here, only activity later than any other tells that from, say, its visitor
 * coming back to the site.
 */
export function brings(inbox: Inbox, before: ConsoleSummary | undefined, after: ConsoleSummary): boolean {
  if (before) return after.last > before.last;
  for (const { c } of inbox.known.values()) if (c.active > after.active) return false;
  return true;
}
