// What an agent does with the list and around the conversations.

import type { FromDesk } from "./frames";
import { question, refreshing, turnedTo, type View } from "./listing";
import { remember } from "./remember";
import { get, set, toast } from "./store";
import { send } from "./wire";

/** Puts the view's first question again. */
export function askInbox(): void {
  set({ inbox: refreshing(get().inbox) });
  send({ t: "inbox", ...question(get().inbox) });
}

/** Asks for the next page, unless one is on its way. */
export function askMore(): void {
  const { inbox } = get();
  if (!inbox.next || inbox.loading) return;
  if (send({ t: "inbox", ...question(inbox, inbox.next) })) set({ inbox: { ...inbox, loading: true } });
}

export function turnTo(change: Partial<View>): void {
  const { inbox } = get();
  set({ inbox: turnedTo(inbox, { ...inbox.view, ...change }) });
  askInbox();
}

/** For actions that are not kept for later: says so where there is no connection. */
export function sendNow(frame: FromDesk): void {
  if (!send(frame)) toast("Not connected just now. Try again in a moment.");
}

export function setMuted(muted: boolean): void {
  remember("sound", muted ? "muted" : "on");
  set({ muted });
}

/** Shows or hides the person's pane: lastingly beside the conversation, until it is closed as a drawer. */
export function toggleDetails(wide: boolean): void {
  const { details, drawer } = get();
  if (!wide) {
    set({ drawer: !drawer });
    return;
  }
  remember("details", details ? "closed" : "open");
  set({ details: !details });
}
