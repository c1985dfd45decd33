// What the page asks for that takes the server.
import { post } from "./api";
import { host } from "./host";

/** Sends as the visitor, who sees it. */
export function send(text: unknown): void {
  const trimmed = `${text}`.trim();
  if (trimmed) host._toSend.push(trimmed);
  host._api.open();
  host.chat?._sendAll();
}

/** Asks the server where that is not known: nothing of the visitor is kept for it. */
export async function isOnline(fn: (online: boolean) => void): Promise<void> {
  let { online } = host._api;
  if (online === undefined) {
    const answer = await post("hello");
    online = answer.t === "hello" && answer.online;
  }
  fn(online);
}
