// What an agent does with the list and around the conversations.

import * as texts from "#texts/agent";
import type { FromConsole } from "../shared/operations";
import { send } from "./connection";
import { pagesAtOnce, refreshing, turnedTo } from "./listing";
import { remember } from "./remember";
import { go, showView } from "./route";
import { get, set, toast } from "./store";
import { noFilter, question, type View } from "./view";

/** Puts the view's first question again. */
export function askInbox(): void {
  set({ inbox: refreshing(get().inbox) });
  send({ t: "inbox", ...question(get().inbox.view) });
}

/** Asks for the next page, unless one is on its way. */
export function askMore(): void {
  const { inbox } = get();
  if (!inbox.next || inbox.loading) return;
  if (send({ t: "inbox", ...question(inbox.view), cursor: inbox.next })) set({ inbox: { ...inbox, loading: true } });
}

/** Goes on with a search that has paused. */
export function searchFurther(): void {
  set({ inbox: { ...get().inbox, further: pagesAtOnce } });
  askMore();
}

export function turnTo(change: Partial<View>): void {
  const { inbox } = get();
  set({ inbox: turnedTo(inbox, { ...inbox.view, ...change }) });
  showView();
  askInbox();
}

export const clearFilters = () => turnTo(noFilter);

/** Shows the conversations that have something in common with the one on screen. */
export function showAlike(change: Partial<View>, narrow: boolean): void {
  set({ drawer: false });
  turnTo(change);
  if (narrow) go("");
}

/** For actions that are not kept for later: says so where there is no connection. */
export function sendNow(frame: FromConsole): void {
  if (!send(frame)) toast(texts.notConnected);
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
