// A log of messages: which of its rows stand in the page, and how it scrolls.
// It stays at the end if it is there; else what is read keeps its place on the
// screen, whatever comes ahead of it or turns out to be higher than was thought.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Shown, step } from "./step";
import { Column } from "./virtual";

/** How near to the end counts as being there, in pixels. */
const nearEnd = 60;
/** Rows are drawn so far beyond what is in sight, in pixels. */
const beyond = 600;
/** Drawing settles within a few rounds, each of which draws what the last one has left room for. */
const mostRounds = 8;

/** A bubble, and where it is below the upper edge of what is in sight, in pixels. */
export interface Place {
  bubble: string;
  y: number;
}

export interface LogOf<R> {
  now: Shown;
  rows: readonly R[];
  /** What tells a row from the others. */
  key(row: R): string;
  /** About how high a row is before it was measured, in pixels. */
  guess(row: R): number;
  /** The row that a bubble is in, negative if that is not here; without it, each row is one bubble of the same name. */
  rowOf?(bubble: string): number;
  /** Where to scroll to, as soon as that is here; without y, it goes into the middle. And what to do then. */
  goal?: { bubble: string; y?: number } | undefined;
  found?(bubble: HTMLElement): void;
  /** Told what is in sight whenever that was looked at; undefined is the end. */
  moved?(place: Place | undefined): void;
}

/**
 * Shows rows in pane; list is the element that has them, each with data-row, and
 * in them bubbles with data-bubble.
 */
export function useLog<R>({ now, rows, key, guess, goal, found, moved, ...of }: LogOf<R>) {
  const pane = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [, count] = useState(0);
  const redraw = () => count((n) => n + 1);
  const [below, setBelow] = useState<"nothing" | "more" | "news">("nothing");
  const [column] = useState(() => new Column());
  const observer = useRef<ResizeObserver | undefined>(undefined);
  // What was on screen after the last drawing.
  const was = useRef({
    _shown: { ...now, view: "" },
    _rows: [] as readonly R[],
    _drawn: [] as number[],
    _atEnd: true,
    _anchor: undefined as Place | undefined,
    _top: 0,
    _width: 0,
    _rounds: 0,
  }).current;

  if (rows !== was._rows) column.set(rows, key, guess);
  was._rows = rows;
  const rowOf = of.rowOf ?? ((bubble: string) => column.keys.indexOf(bubble));
  const p = pane.current;
  const high = p?.clientHeight || innerHeight;
  const ahead = list.current?.offsetTop ?? 0; // what stands in the pane before the rows
  const next = step(was._shown, now, was._atEnd);
  const sought = goal ? rowOf(goal.bubble) : -1;
  const held = was._anchor ? rowOf(was._anchor.bubble) : -1;

  /** What is drawn where the pane is scrolled to top. */
  function around(top: number): number[] {
    const focused = (p?.getRootNode() as Document | undefined)?.activeElement?.closest<HTMLElement>("[data-row]");
    const last = rows.length ? column.at(top + high + beyond) : -1;
    const drawn: number[] = [];
    for (let at = column.at(top - beyond); at <= last; at++) drawn.push(at);
    // What has the focus stays, wherever it is.
    const kept = focused ? column.keys.indexOf(focused.dataset.row!) : -1;
    if (kept > last) drawn.push(kept);
    else if (kept >= 0 && kept < drawn[0]!) drawn.unshift(kept);
    return drawn;
  }
  let top = was._top - ahead;
  if (sought >= 0) top = column.top(sought) - (goal!.y ?? high / 2);
  else if (next === "end") top = column.end - high;
  else if (held >= 0) top = column.top(held) - was._anchor!.y;
  const drawn = around(top);
  was._drawn = drawn;

  const bubbles = () => [...list.current!.querySelectorAll<HTMLElement>("[data-bubble]")];
  const drawnAs = (place: { bubble: string } | undefined) =>
    place && bubbles().find((b) => b.dataset.bubble === place.bubble);
  const yOf = (e: HTMLElement) => e.getBoundingClientRect().top - pane.current!.getBoundingClientRect().top;
  const resized = (row: HTMLElement) => column.measure(row.dataset.row!, row.getBoundingClientRect().height);
  const uncovered = () => String(around(was._top - list.current!.offsetTop)) !== String(was._drawn);
  /** Whether there is anything to see: what is hidden keeps its place. */
  const visible = () => !!pane.current?.clientHeight && !!list.current!.firstChild;

  /** Remembers what is on screen. */
  function measure(): void {
    const p = pane.current!;
    was._top = p.scrollTop;
    was._atEnd = p.scrollHeight - p.scrollTop - p.clientHeight < nearEnd;
    const first = bubbles().find((b) => yOf(b) + b.offsetHeight > 0);
    const inSight = first && yOf(first) < p.clientHeight;
    was._anchor = inSight ? { bubble: first.dataset.bubble!, y: yOf(first) } : undefined;
    moved?.(was._atEnd ? undefined : was._anchor);
    setBelow((old) => (was._atEnd ? "nothing" : old === "news" ? old : "more"));
  }

  function toEnd(): void {
    was._atEnd = true;
    was._anchor = undefined;
    was._shown = { ...was._shown, view: "" };
    redraw();
  }

  useLayoutEffect(() => {
    const p = pane.current!;
    if (now.view !== was._shown.view) {
      was._shown.view = ""; // until it is seen
      setBelow("nothing");
    }
    if (!visible()) return;
    for (const row of list.current!.querySelectorAll<HTMLElement>("[data-row]")) {
      observer.current?.observe(row);
      resized(row);
    }
    was._shown = { ...now, own: now.own || was._shown.own };
    const reached = drawnAs(goal);
    const kept = drawnAs(was._anchor);
    const y = was._anchor?.y ?? 0;
    if (reached) p.scrollTop += yOf(reached) - (goal!.y ?? Math.max(0, (p.clientHeight - reached.offsetHeight) / 2));
    else if (next === "end") p.scrollTop = p.scrollHeight;
    else if (kept) {
      // Twice: a long way was seen to end a line too far.
      for (let n = 0; n < 2; n++) p.scrollTop += yOf(kept) - y;
    }
    if (next === "news") setBelow(next);
    measure();
    // Where rows are lower than was thought, there is room for more of them.
    if (uncovered() && ++was._rounds < mostRounds) return redraw();
    was._rounds = 0;
    if (reached) found?.(reached);
  });

  // The composer grows, a keyboard slides in, the window is dragged, a file shows: the end stays in view.
  useEffect(() => {
    const o = new ResizeObserver((entries) => {
      const p = pane.current;
      if (!p || !visible()) return;
      if (!entries.some(({ target: e }) => e === p || (e.isConnected && resized(e as HTMLElement)))) return;
      if (p.clientWidth !== was._width) column.forget(); // lines break elsewhere
      was._width = p.clientWidth;
      if (p.scrollTop !== was._top) measure(); // the reader has scrolled, which is told after this
      if (was._atEnd) toEnd();
      else redraw();
    });
    observer.current = o;
    o.observe(pane.current!);
    return () => o.disconnect();
  }, []);

  function onScroll(): void {
    if (!visible()) return;
    measure();
    if (uncovered()) redraw();
  }

  /** The browser would go to where the end was as the key was pressed: what is drawn on the way may be higher than was thought. */
  function onEnd(event: KeyboardEvent): void {
    if (event.key !== "End" || event.shiftKey || event.altKey || event.target !== pane.current) return;
    event.preventDefault();
    toEnd();
  }

  return {
    pane,
    list,
    column,
    drawn,
    /** The room of rows that are not drawn, in pixels: above the nth that is, and below the last. */
    above: (n: number) => column.top(drawn[n]!) - (n ? column.top(drawn[n - 1]! + 1) : 0),
    under: drawn.length ? column.end - column.top(drawn[drawn.length - 1]! + 1) : 0,
    below,
    onScroll,
    onEnd,
    toEnd,
    was,
  };
}
