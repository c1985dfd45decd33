// The log of messages: which of its rows stand in the page, and how it scrolls.
// It stays at the end if it is there; else what is read keeps its place on the
// screen, whatever comes ahead of it or turns out to be higher than was thought.

import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { type Shown, step } from "../shared/scroll";
import type { Row } from "./thread";
import { rowAt, slots, tops } from "./virtual";

/** How near to the end counts as being there, in pixels. */
const nearEnd = 60;
/** Rows are drawn so far beyond what is in sight, in pixels. */
const beyond = 800;
/** Drawing settles within a few rounds, each of which measures what the last one has drawn. */
const mostRounds = 8;

/** About how high a row is before it was measured, in pixels. */
function guess(row: Row): number {
  if (row.kind !== "group") return 42;
  return row.bubbles.reduce((sum, b) => sum + 20 + 20 * Math.ceil((b.text.length + 1) / 70), 36);
}

const rowOf = (rows: readonly Row[], is: (b: { key: string; seq: number }) => boolean): number =>
  rows.findIndex((row) => row.kind === "group" && row.bubbles.some(is));

/** A bubble on screen: by its key, with where it is below the upper edge. */
type Anchor = { key: string; y: number };

/**
 * Shows rows in pane; list is the element that has them, each with data-row, and
 * in them bubbles with data-bubble. target: the message to scroll to, found: what
 * to do once it is in sight.
 */
export function useLog(now: Shown, rows: readonly Row[], target: number, found: (bubble: HTMLElement) => void) {
  const pane = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer<number, undefined>((n) => n + 1, 0);
  const [below, setBelow] = useState<"nothing" | "more" | "news">("nothing");
  const observer = useRef<ResizeObserver | undefined>(undefined);
  const heights = useRef(new Map<string, number>()).current;
  const was = useRef({
    shown: { ...now, view: "" },
    atEnd: true,
    anchor: undefined as Anchor | undefined,
    top: 0,
    width: 0,
    rounds: 0,
  }).current;

  const high = pane.current?.clientHeight || innerHeight;
  const ahead = list.current?.offsetTop ?? 0; // what stands in the pane before the rows
  const y = tops(rows.map((row) => heights.get(row.key) ?? guess(row)));
  const end = y[y.length - 1]!;
  const goal = target ? rowOf(rows, (b) => b.seq === target) : -1;
  const next = step(was.shown, now, was.atEnd);
  const held = was.anchor && rowOf(rows, (b) => b.key === was.anchor!.key);

  let top = was.top - ahead;
  if (goal >= 0) top = y[goal]! - high / 2;
  else if (next === "end") top = end - high;
  else if (held !== undefined && held >= 0) top = y[held]! - was.anchor!.y;
  const focused = document.activeElement?.closest("[data-row]");
  const drawn = slots(
    rows.map((row) => row.key),
    {
      first: rowAt(y, top - beyond),
      last: rowAt(y, top + high + beyond) + 1,
      always: [focused instanceof HTMLElement ? (focused.dataset.row ?? "") : ""],
    },
  );

  const bubbles = () => [...list.current!.querySelectorAll<HTMLElement>("[data-bubble]")];
  const yOf = (e: HTMLElement) => e.getBoundingClientRect().top - pane.current!.getBoundingClientRect().top;

  const resized = (row: HTMLElement) =>
    Math.abs((heights.get(row.dataset.row!) ?? -1) - row.getBoundingClientRect().height) >= 0.5;

  /** Remembers what is on screen. */
  function measure(): void {
    const p = pane.current;
    if (!p) return; // what observes it may outlive it for a moment
    was.top = p.scrollTop;
    was.atEnd = p.scrollHeight - p.scrollTop - p.clientHeight < nearEnd;
    const first = bubbles().find((b) => yOf(b) + b.offsetHeight > 0);
    const inSight = first && yOf(first) < p.clientHeight;
    was.anchor = inSight ? { key: first.dataset.bubble!, y: yOf(first) } : undefined;
    setBelow((old) => (was.atEnd ? "nothing" : old === "news" ? old : "more"));
  }

  function toEnd(): void {
    was.atEnd = true;
    was.anchor = undefined;
    was.shown = { ...was.shown, view: "" };
    redraw(undefined);
  }

  useLayoutEffect(() => {
    let changed = false;
    for (const row of list.current!.querySelectorAll<HTMLElement>("[data-row]")) {
      observer.current?.observe(row);
      if (!resized(row)) continue;
      heights.set(row.dataset.row!, row.getBoundingClientRect().height);
      changed = true;
    }
    if (changed && ++was.rounds < mostRounds) return redraw(undefined);
    was.rounds = 0;
    was.shown = { ...now, own: now.own || was.shown.own };
    const p = pane.current!;
    const sought = goal >= 0 ? bubbles().find((b) => b.dataset.seq === String(target)) : undefined;
    const kept = was.anchor && bubbles().find((b) => b.dataset.bubble === was.anchor!.key);
    if (sought) p.scrollTop += yOf(sought) - Math.max(0, (p.clientHeight - sought.offsetHeight) / 2);
    else if (next === "end") p.scrollTop = p.scrollHeight;
    else if (kept) p.scrollTop += yOf(kept) - was.anchor!.y;
    if (next === "news") setBelow(next);
    measure();
    if (sought) found(sought);
  });

  // The composer grows, a keyboard slides in, the window is dragged, a file shows: the end stays in view.
  useEffect(() => {
    const o = new ResizeObserver((entries) => {
      const p = pane.current;
      if (!p || !entries.some(({ target: e }) => e === p || (e.isConnected && resized(e as HTMLElement)))) return;
      if (p.clientWidth !== was.width) heights.clear(); // lines break elsewhere
      was.width = p.clientWidth;
      if (was.atEnd) toEnd();
      else redraw(undefined);
    });
    observer.current = o;
    o.observe(pane.current!);
    return () => o.disconnect();
  }, []);

  function onScroll(): void {
    measure();
    redraw(undefined);
  }

  return { pane, list, drawn, y, end, below, onScroll, toEnd };
}
