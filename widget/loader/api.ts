import type { Frame, Page } from "../shared/frames";
import { address, config } from "./env";
import { current } from "./tab";

/** Answers later than this count as none, in milliseconds. */
const timeout = 15000;

// While a reset is under way nothing else may be asked: it would be answered for the old session.
let gate: Promise<unknown> | undefined;

export function hold(until?: Promise<unknown>): void {
  gate = until;
}

/** The answer of a server that gave none. */
export const unreached: Frame = { t: "error", code: "unavailable", text: "unreached" };

/** Sends one frame. Whatever goes wrong on the way is an error frame, "unavailable". */
export async function post(kind: string, body?: object, keepalive = false): Promise<Frame> {
  try {
    if (kind !== "reset") await gate;
    const response = await fetch(address(config.path + "/api/" + kind), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ mark: current(), ...body }),
      keepalive,
      signal: AbortSignal.timeout?.(timeout) ?? null,
    });
    const frame = await response.json();
    if (frame.t) return frame;
  } catch {}
  return unreached;
}

/** Neither credentials nor fragment of an address are ours to pass on. */
export function page(): Page {
  return { url: address(location.pathname + location.search), title: document.title };
}
