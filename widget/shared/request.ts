import { unreached } from "./errors";
import type { Failure } from "./operations";

/** Sends one frame by POST. Whatever goes wrong on the way is answered by `unreached`. */
export async function request<F extends { t: string }>(
  url: string,
  frame: object,
  keepalive = false,
  signal: AbortSignal | null = null,
): Promise<F | Failure> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(frame),
      keepalive,
      signal,
    });
    const answer = await response.json();
    if (answer.t) return answer;
  } catch {}
  return unreached;
}
