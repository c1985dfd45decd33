// The requests beside the socket. Their addresses are relative to the page's own.

import type { ConsoleMe, Failure, Ok } from "../shared/operations";
import { request } from "../shared/request";

export type Answer = ConsoleMe | Failure | Ok;

/** The page's folder: "/desk/", or "/" where the desk has a host of its own. */
const base = new URL(".", location.href);

export const socketURL = (): string => {
  const url = new URL("socket", base);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
};

/** The address of an operation. */
export const address = (op: string): string => new URL(`api/${op}`, base).href;

/** Without a timeout: a sign-in may wait for its turn. */
export const post = (op: "login" | "me" | "logout", body: object): Promise<Answer> => request(address(op), body);
