import { render } from "preact";
import { unlockSoundSoon } from "../shared/sound";
import { App } from "./app";
import { wake } from "./connection";
import { filesChosen } from "./drafts";
import { listenToKeys } from "./keys";
import { resume, takeRoute } from "./session";
import { get, subscribe } from "./store";
import { markRead } from "./talk";

/** The window is looked at again: catch up, and count as read what is now seen. */
function seen(): void {
  if (document.visibilityState !== "visible") return;
  wake();
  markRead();
}

function showUnread(): void {
  const { unread, phase } = get();
  const title = unread > 0 && phase === "desk" ? `(${unread}) Parley` : "Parley";
  if (document.title !== title) document.title = title;
}

/** Replies on their way, and files, would be lost with the page: the browser asks first. */
function warnOfLoss(e: Event): void {
  if (get().outbox.length || filesChosen()) e.preventDefault();
}

addEventListener("beforeunload", warnOfLoss);
addEventListener("hashchange", () => {
  if (get().phase === "desk") takeRoute();
});
addEventListener("focus", seen);
addEventListener("online", wake);
addEventListener("pageshow", seen);
document.addEventListener("visibilitychange", seen);
subscribe(showUnread);
listenToKeys();
unlockSoundSoon();

render(<App />, document.getElementById("desk")!);
void resume();
