import type { ToVisitor, VisitorOperations, VisitorPage } from "../shared/operations";
import { request } from "../shared/request";
import { address, config, host } from "./host";
import { secret } from "./tab";

/** Answers later than this count as none, in milliseconds. */
const timeout = 15000;

let pause: Promise<unknown> | undefined;

/** Holds back all other requests while a reset is under way: they would be answered for the old session. */
export function pauseUntil(done: Promise<unknown>): void {
  pause = done;
}

/** Sends one frame. Whatever goes wrong on the way is an error frame, "unavailable". */
export async function post(op: keyof VisitorOperations, body?: object, keepalive?: boolean): Promise<ToVisitor> {
  if (op !== "reset") await pause;
  const answer = await request<ToVisitor>(
    address(config.path + "/api/" + op),
    { mark: secret(), ...body },
    keepalive,
    AbortSignal.timeout?.(timeout), // older browsers wait on
  );
  if (answer.t === "hello") host._greeted?.(answer);
  return answer;
}

/** Neither credentials nor fragment of an address are ours to pass on. */
export function currentPage(): VisitorPage {
  return { url: address(location.pathname + location.search), title: document.title };
}
