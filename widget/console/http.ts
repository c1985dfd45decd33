// The three requests beside the socket. Their addresses are relative to the page's own.

import type { ErrorFrame, Me } from "./frames";

export type Answer = ({ t: "me" } & Me) | { t: "ok" } | ErrorFrame;

/** The page's folder: "/desk/", or "/" where the desk has a host of its own. */
const base = new URL(".", location.href);

export const socketURL = (): string => {
  const url = new URL("socket", base);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
};

/** Where a question goes. */
export const address = (kind: string): string => new URL(`api/${kind}`, base).href;

/** Rejects where no answer of the server's came back: no network, or a proxy's own error page. */
export async function post(kind: "login" | "me" | "logout", body: object): Promise<Answer> {
  const response = await fetch(address(kind), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (typeof answer !== "object" || answer === null || !("t" in answer)) throw new Error("unreadable answer");
  return answer as Answer;
}
