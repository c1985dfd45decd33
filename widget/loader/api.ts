import type { Frame, Page } from "../shared/frames";
import { address, config } from "./env";
import { secret } from "./tab";

/** Answers later than this count as none, in milliseconds. */
const timeout = 15000;

let pause: Promise<unknown> | undefined;

/** Holds back all other requests while a reset is under way: they would be answered for the old session. */
export function pauseUntil(done: Promise<unknown>): void {
  pause = done;
}

/** The answer of a server that gave none. */
export const unreached: Frame = { t: "error", code: "unavailable", text: "unreached" };

/** Sends one frame. Whatever goes wrong on the way is an error frame, "unavailable". */
export async function post(op: string, body?: object, keepalive = false): Promise<Frame> {
  try {
    if (op !== "reset") await pause;
    const response = await fetch(address(config.path + "/api/" + op), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ mark: secret(), ...body }),
      keepalive,
      signal: AbortSignal.timeout?.(timeout) as AbortSignal, // older browsers wait on
    });
    const frame = await response.json();
    if (frame.t) return frame;
  } catch {}
  return unreached;
}

/** Neither credentials nor fragment of an address are ours to pass on. */
export function currentPage(): Page {
  return { url: address(location.pathname + location.search), title: document.title };
}
