// What goes wrong between the page and the server.
import { errors, otherError } from "#texts/errors";
import type { Backoff } from "./backoff";
import type { ErrorCode, Failure } from "./operations";

/** What a refusal means, for people: the server's own text is for programs. */
export const errorText = (code: ErrorCode): string => (errors as Partial<typeof errors>)[code] ?? otherError;

/** The answer of a server that gave none. */
export const unreached: Failure = { t: "error", code: "unavailable", text: "unreached" };

/** Whether the same request may succeed later: once there is a session again, or with another secret, too. */
export const isTemporary = (code: ErrorCode): boolean =>
  ["unavailable", "rate_limited", "no_session", "conflict"].includes(code);

/** How long to wait until then, in milliseconds: as the server says, else longer each time. */
export function retryDelay(retry: number | undefined, backoff: Backoff): number {
  const wait = backoff.next();
  return retry ? retry * 1000 : wait;
}
