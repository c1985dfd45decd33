// Copies messages, for who points at one or comes to them by keyboard: one button
// that goes from message to message, so that none has to be passed on the way.
import { useEffect, useRef, useState } from "preact/hooks";
import { setTexts } from "#texts/both";
import * as texts from "#texts/copy";
import { type Host, hostKey } from "../shared/host";
import { bring } from "../shared/part";
import { copy } from "./clipboard";
import css from "./copy.css";

const host = (window as unknown as { [hostKey]: Host })[hostKey];

/** How long it shows that something was copied, in milliseconds. */
const copiedFor = 2000;
/** The side of the button, and its distance from what it copies, in pixels. */
const side = 32;
const gap = 4;

interface CopyProps {
  /** Scrolls the messages. */
  pane: HTMLElement;
}

function Copy({ pane }: CopyProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState<Element | undefined>(undefined);
  const [copied, setCopied] = useState<Element | undefined>(undefined);
  const [, moved] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const focused = () => host.root.activeElement === button.current;

  useEffect(() => {
    const point = (event: Event) => {
      const bubble = (event.target as Element).closest(".bubble");
      const touch = event.type === "click";
      if (bubble) setAt(bubble);
      else if (touch) setAt(undefined);
    };
    const leave = (event: PointerEvent) => {
      if (event.pointerType === "mouse" && event.relatedTarget !== button.current && !focused()) setAt(undefined);
    };
    const scroll = () => (focused() ? moved((n) => n + 1) : setAt(undefined));
    pane.addEventListener("pointerover", point);
    pane.addEventListener("click", point);
    pane.addEventListener("pointerleave", leave);
    pane.addEventListener("scroll", scroll);
    return () => {
      pane.removeEventListener("pointerover", point);
      pane.removeEventListener("click", point);
      pane.removeEventListener("pointerleave", leave);
      pane.removeEventListener("scroll", scroll);
    };
  }, [pane]);

  const all = [...pane.querySelectorAll(".bubble")];
  const onKeyDown = (event: KeyboardEvent) => {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const next = way && at && all[all.indexOf(at) + way];
    if (!next) return;
    event.preventDefault();
    next.scrollIntoView({ block: "nearest" });
    setAt(next);
  };
  const onClick = async () => {
    if (!at || !(await copy(host.root, at.textContent!))) return;
    button.current?.focus();
    setCopied(at);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(undefined), copiedFor);
  };

  const here = at?.isConnected ? at : undefined;
  const done = !!here && here === copied;
  return (
    <>
      <button
        ref={button}
        type="button"
        class={here ? "copy" : "copy off"}
        style={here && place(here, pane)}
        hidden={!all.length}
        aria-label={texts.copyMessage}
        aria-describedby="copying"
        title={texts.copyMessage}
        onFocus={() => here ?? setAt(all[all.length - 1])}
        onBlur={() => setAt(undefined)}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={done ? "m5 12.5 5 5L19 7" : "M9 9h11v11H9zM5 15H4V4h11v1"} />
        </svg>
      </button>
      <span id="copying" class="sr-only" role="status">
        {done ? texts.copied : focused() && here?.textContent}
      </span>
    </>
  );
}

/** Beside a message, on the side with more room. */
function place(bubble: Element, pane: HTMLElement) {
  const b = bubble.getBoundingClientRect();
  const p = pane.getBoundingClientRect();
  const left = b.left - p.left > p.right - b.right ? b.left - p.left - side - gap : b.right - p.left + gap;
  const top = Math.min(Math.max(b.bottom - p.top - side - gap, gap), p.height - side - gap);
  return { left: `${left}px`, top: `${top}px` };
}

const part = { _speak: setTexts, Copy };

export type CopyPart = typeof part;

bring("copy", part, css);
