// How the pane of messages scrolls: it stays at the end if it is there, keeps
// its place as older messages come in above, and asks for those in time.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { askEarlier, setAtEnd } from "./talk";
import type { Outgoing, Thread } from "./thread";

const nearEnd = 48; // px
const nearTop = 300;

export function useFollow(id: string, thread: Thread, outgoing: readonly Outgoing[]) {
  const pane = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  // What was on screen after the last drawing.
  const was = useRef({ atEnd: true, height: 0, top: 0, first: 0, last: 0, sent: "" });
  const [below, setBelow] = useState<"nothing" | "more" | "news">("nothing");

  const first = thread.messages[0]?.seq ?? 0;
  const last = thread.messages[thread.messages.length - 1]?.seq ?? 0;
  const sent = outgoing[outgoing.length - 1]?.cid ?? "";

  function measure() {
    const p = pane.current;
    if (!p) return;
    const atEnd = p.scrollHeight - p.scrollTop - p.clientHeight < nearEnd;
    was.current.top = p.scrollTop;
    was.current.height = p.scrollHeight;
    if (atEnd !== was.current.atEnd) {
      was.current.atEnd = atEnd;
      setAtEnd(atEnd);
    }
    setBelow((old) => (atEnd ? "nothing" : old === "news" ? "news" : "more"));
  }

  function toEnd() {
    const p = pane.current!;
    p.scrollTop = p.scrollHeight;
    measure();
  }

  useLayoutEffect(() => {
    const p = pane.current!;
    const w = was.current;
    const older = w.first > 0 && first < w.first;
    if (older) p.scrollTop = w.top + (p.scrollHeight - w.height);
    else if (w.atEnd || (sent && sent !== w.sent)) p.scrollTop = p.scrollHeight;
    else if (last > w.last) setBelow("news");
    w.first = first;
    w.last = last;
    w.sent = sent || w.sent;
    measure();
    if (thread.loaded && p.scrollTop < nearTop) askEarlier(id);
  }, [first, last, sent, thread.typing, thread.loaded, outgoing]);

  useEffect(() => {
    const p = pane.current!;
    setAtEnd(true);
    const scrolled = () => {
      measure();
      if (p.scrollTop < nearTop) askEarlier(id);
    };
    // The composer grows, a keyboard slides in, the window is dragged: the end stays in view.
    const resized = new ResizeObserver(() => {
      if (was.current.atEnd) p.scrollTop = p.scrollHeight;
      measure();
    });
    resized.observe(p);
    resized.observe(content.current!);
    p.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      resized.disconnect();
      p.removeEventListener("scroll", scrolled);
    };
  }, [id]);

  return { pane, content, below, toEnd };
}
