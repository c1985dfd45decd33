// The session as the page knows it while the chat itself is not loaded, and
// its end, whoever ends it.

import { unreached } from "../shared/errors";
import { staleDelays } from "../shared/host";
import { idle } from "../shared/idle";
import type { ToVisitor, VisitorHello } from "../shared/operations";
import { keepStored, stored } from "../shared/stored";
import { currentPage, pauseUntil, post } from "./api";
import { host, panel } from "./host";
import * as tab from "./tab";

/** How long to wait after a failed request, in milliseconds. */
const retryInterval = 30000;

let resetting = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks who the visitor is, if there is a session to ask for. */
export async function wake(veil: boolean, attempt = 0): Promise<void> {
  clearTimeout(timer);
  listen(); // this may be the first that a page hears which the browser has kept
  if (handOver(veil) || !(await tab.knowsSession())) return;
  const hello = await post("hello", { page: currentPage() });
  if (handOver(veil)) return;
  if (hello.t === "reset") return ended();
  const wait = hello.t !== "hello" ? retryInterval : hello.stale && staleDelays[attempt];
  if (wait) {
    timer = setTimeout(wake, wait, false, attempt + 1);
    return;
  }
  const { who, mark, conversation } = hello as VisitorHello;
  // A person's history needs no tab secret, and one that the server doesn't know opens nothing.
  tab.keep(who === "anonymous" ? mark || tab.secret() : undefined);
  host._showLauncher(false, conversation?.unread ?? 0, (hello as VisitorHello).online);
  if (conversation) {
    host._firstHello = hello as VisitorHello;
    idle(load);
  }
}

/** Fetches the chat in the background: messages come to it, so what fails is tried again. */
async function load(): Promise<void> {
  await host._load();
  if (!host.chat && host._firstHello) setTimeout(load, retryInterval);
}

/** Listens to the other tabs. */
export const listen = (): void =>
  tab.listen(
    () => wake(false),
    () => ended(true),
  );

/** Wakes the chat, which asks once it is loaded. Whether it is. */
function handOver(veil: boolean): boolean {
  host.chat?.wake(veil);
  return !!host.chat;
}

/** The session has ended: empties this tab and, unless another tab said so, the others. */
export function ended(elsewhere?: boolean): void {
  host._tags.length = host._toSend.length = 0;
  host._prefill = undefined;
  empty(elsewhere);
}

function empty(elsewhere?: boolean): void {
  if (!elsewhere) tab.broadcast({ t: "reset" });
  tab.keep();
  keepStored(panel);
  host._firstHello = host._greeting = undefined;
  if (host.chat) host.chat.forget();
  else host._showLauncher(false, 0);
  host.emit("reset");
}

/**
 * Logs out. Does nothing while that is under way, or where there is nothing to end; said: the page had said something
 * of the visitor; sent: the answer to the request, where the loader has sent it.
 */
export function reset(said: boolean, sent?: Promise<Response>): void {
  host._toSend.length = 0;
  if (resetting || !(said || sent || tab.cookie() || tab.secret() || stored(panel) || host.chat)) return;
  resetting = true;
  pauseUntil(
    sendReset(
      { mark: tab.secret() },
      sent?.then((response) => response.json()).catch(() => unreached),
    ),
  );
  empty(); // but of what the page has said since
}

async function sendReset(
  body: object,
  sent: Promise<ToVisitor> = post("reset", body, true),
  wait = 1000,
): Promise<void> {
  for (; (await sent).t === "error"; sent = post("reset", body, true))
    await new Promise((resolve) => setTimeout(resolve, (wait = Math.min(wait * 2, retryInterval))));
  // A tab that asked before the server knew may have shown the old session again.
  tab.broadcast({ t: "reset" });
  resetting = false;
}
