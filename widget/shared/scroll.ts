// How a log of messages scrolls: it stays at the end if it is there, and keeps
// its place as older messages come in above.
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** How near to the end counts as being there, in pixels. */
const nearEnd = 60;

/** What is on screen. */
export interface Shown {
  /** What it is a view of; another one begins at its end. */
  view: string;
  /** The sequence numbers of the first and the last message; 0 where there is none. */
  first: number;
  last: number;
  /** The client id of the last message under way: one's own is always scrolled to. */
  own: string;
}

/** How to scroll after a drawing. "stay" leaves the place as it is, "news" too: something new is out of sight. */
export function step(before: Shown, now: Shown, atEnd: boolean): "end" | "keep" | "news" | "stay" {
  if (before.view !== now.view) return "end";
  if (now.first < before.first && now.last === before.last) return "keep";
  if (atEnd || (now.own && now.own !== before.own)) return "end";
  return now.last > before.last ? "news" : "stay";
}

/**
 * Scrolls pane. below: what is out of sight there. measure has to be called
 * when the pane was scrolled, onResize when it or its content is of another
 * size, where the end is to stay in view then.
 */
export function useScroll(now: Shown) {
  const pane = useRef<HTMLDivElement>(null);
  const [below, setBelow] = useState<"nothing" | "more" | "news">("nothing");
  // What was on screen after the last drawing.
  const was = useRef({ shown: { ...now, view: "" }, atEnd: true, height: 0, top: 0 }).current;

  const measure = () => {
    const p = pane.current;
    if (!p) return; // what observes it may outlive it for a moment
    was.top = p.scrollTop;
    was.height = p.scrollHeight;
    was.atEnd = was.height - was.top - p.clientHeight < nearEnd;
    setBelow((old) => (was.atEnd ? "nothing" : old === "news" ? old : "more"));
  };
  const toEnd = () => {
    if (pane.current) pane.current.scrollTop = pane.current.scrollHeight;
    measure();
  };

  useLayoutEffect(() => {
    const next = step(was.shown, now, was.atEnd);
    was.shown = { ...now, own: now.own || was.shown.own };
    if (next === "end") return toEnd();
    if (next === "keep") pane.current!.scrollTop = was.top + pane.current!.scrollHeight - was.height;
    // Browsers scroll what leaves the page, as on its way into a dialog, to its start.
    else if (!pane.current!.scrollTop) pane.current!.scrollTop = was.top;
    if (next === "news") setBelow(next);
    measure();
  });

  const onResize = () => (was.atEnd ? toEnd() : measure());

  return { pane, below, measure, toEnd, onResize };
}
