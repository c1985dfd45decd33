import type { EventName } from "../shared/host";

type Handler = (detail?: unknown) => void;

const handlers: Partial<Record<EventName, Set<Handler>>> = {};

/** Calls fn at each such event; the function returned ends that. */
export function on(event: EventName, fn: Handler): () => void {
  const set = (handlers[event] ??= new Set());
  set.add(fn);
  return () => void set.delete(fn);
}

/** A handler's own mistake is the page's to see, and stops neither us nor other handlers. */
export function emit(event: EventName, detail?: unknown): void {
  for (const fn of [...(handlers[event] ?? [])]) {
    try {
      fn(detail);
    } catch (mistake) {
      reportError(mistake);
    }
  }
}
