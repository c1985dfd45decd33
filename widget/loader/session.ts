// The session as the page knows it while the chat itself is not loaded, and
// its end, whoever ends it.
import { type Host, staleDelays } from "../shared/host";
import { hold, page, post } from "./api";
import { emit } from "./events";
import { show } from "./launcher";
import * as tab from "./tab";
import * as tags from "./tags";

/** How long to wait after a failed question, in milliseconds. */
const again = 30000;

let host: Host; // from begin on
let load: () => void;
let resetting = false;
let timer: ReturnType<typeof setTimeout> | undefined;

export function begin(theHost: Host, loadChat: () => void): void {
  host = theHost;
  load = loadChat;
  wake(false);
}

/** Asks who the visitor is, if there is a session to ask for. */
export async function wake(veil: boolean, attempt = 0): Promise<void> {
  clearTimeout(timer);
  if (!host || handedOver(veil) || !(await tab.known())) return;
  const hello = await post("hello", { page: page() });
  if (handedOver(veil)) return;
  if (hello.t === "reset") return ended();
  const wait = hello.t !== "hello" ? again : hello.stale && staleDelays[attempt];
  if (wait) timer = setTimeout(wake, wait, false, attempt + 1);
  if (hello.t !== "hello" || wait) return;
  // A person's history needs no mark, and one that nobody knows is worth nothing.
  tab.keep(hello.who === "anonymous" ? hello.mark || tab.current() : undefined);
  tags.settle(!!hello.conversation);
  show(false, hello.conversation?.unread ?? 0);
  if (hello.conversation) {
    host.hello = hello;
    load();
  }
}

/** Once the chat is loaded it does the asking. */
function handedOver(veil: boolean): boolean {
  host.chat?.wake(veil);
  return !!host.chat;
}

/** The session is over: empties this tab and, if it heard first, the others. */
export function ended(elsewhere = false): void {
  if (!elsewhere) tab.tell({ t: "reset" });
  tab.keep();
  tags.clear();
  host.hello = undefined;
  show(false, 0);
  host.chat?.forget();
  emit("reset");
}

/** Logs out. Calls while that is under way, and where there is nothing to end, do nothing: handlers may call it too. */
export function reset(): void {
  if (resetting || !(tab.cookie() || tab.current() || tags.pending())) return;
  resetting = true;
  hold(end({ mark: tab.current() }));
  ended();
}

async function end(body: object, wait = 1000): Promise<void> {
  while ((await post("reset", body, true)).t === "error") {
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 30000);
  }
  // A tab that asked before the server knew may have shown the old session again.
  tab.tell({ t: "reset" });
  hold();
  resetting = false;
}
