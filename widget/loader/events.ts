import type { EventName } from "../shared/host";

type Handler = (detail?: unknown) => void;

// Its dispatch reports a handler's mistake to the page, and goes on.
const target = new EventTarget();

/** Calls fn at each such event; the function returned ends that. */
export function on(event: EventName, fn: Handler): () => void {
  const listener = (e: Event): void => fn((e as CustomEvent).detail);
  target.addEventListener(event, listener);
  return () => target.removeEventListener(event, listener);
}

export const emit = (event: EventName, detail?: unknown): unknown =>
  target.dispatchEvent(new CustomEvent(event, { detail }));
