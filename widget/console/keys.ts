// The keyboard, for those who never let go of it.

import * as texts from "#texts/agent";
import { isComposing } from "../shared/compose";
import { clearFilters } from "./desk";
import { entryOrder } from "./list";
import { current } from "./listing";
import { go } from "./route";
import { get, set } from "./store";
import { markUnread, toggleStatus } from "./talk";
import { filtered } from "./view";

export const shortcuts: readonly [keys: readonly string[], what: string][] = [
  [["j", "↓"], texts.keyNext],
  [["k", "↑"], texts.keyPrevious],
  [["Enter"], texts.keyOpen],
  [["r"], texts.keyReply],
  [["Enter"], texts.keySend],
  [["Shift", "Enter"], texts.keyNewLine],
  [["e"], texts.keyResolve],
  [["u"], texts.keyUnread],
  [["/"], texts.keySearch],
  [["f"], texts.keyFilter],
  [["Esc"], texts.keyBack],
  [["?"], texts.keyHelp],
];

/** Where in the list the focus was last; an entry that leaves the list makes room for the next at its place. */
let place = -1;

function move(step: 1 | -1): void {
  const list = entryOrder();
  const focused = list.indexOf(get().wanted || focusedConv());
  const shown = list.indexOf(get().open);
  let to = 0;
  if (focused >= 0) to = focused + step;
  else if (shown >= 0) to = shown + step;
  else if (place >= 0) to = step > 0 ? place : place - 1;
  set({ wanted: list[Math.max(0, Math.min(list.length - 1, to))] ?? "" });
}

function keepPlace(): void {
  const at = entryOrder().indexOf(focusedConv());
  if (at >= 0) place = at;
}

function focusedConv(): string {
  const at = document.activeElement;
  return at instanceof HTMLElement ? (at.dataset.conv ?? "") : "";
}

function wantReply(): void {
  const id = focusedConv() || get().open;
  if (!id) return;
  set({ replyWanted: true });
  go(id);
}

function resolve(): void {
  const c = current(get().inbox, focusedConv() || get().open);
  if (c) toggleStatus(c);
}

function unread(): void {
  const c = current(get().inbox, get().open);
  if (c) markUnread(c);
}

/** Escape goes back by one step, whatever the last one was. */
function back(): void {
  const { open, drawer } = get();
  const at = document.activeElement;
  if (drawer) set({ drawer: false });
  else if (typingIn(at)) (at as HTMLElement).blur();
  else if (open) {
    go("");
    if (entryOrder().includes(open)) set({ wanted: open });
  } else if (filtered(get().inbox.view)) clearFilters();
}

function typingIn(at: Element | null): boolean {
  return at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement || at instanceof HTMLSelectElement;
}

function pressed(e: KeyboardEvent): void {
  if (get().phase !== "desk" || get().help || e.defaultPrevented || isComposing(e)) return;
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape") return back();
  const at = document.activeElement;
  if (typingIn(at)) return;
  // Arrows belong to whatever scrolls or chooses, unless the list or nothing has the focus.
  const arrows = !at || at === document.body || focusedConv() !== "";
  if (e.key === "j" || (arrows && e.key === "ArrowDown")) move(1);
  else if (e.key === "k" || (arrows && e.key === "ArrowUp")) move(-1);
  else if (e.key === "r") wantReply();
  else if (e.key === "e") resolve();
  else if (e.key === "u") unread();
  else if (e.key === "/") document.querySelector<HTMLElement>("[data-search]")?.focus();
  else if (e.key === "f") set({ filters: true });
  else if (e.key === "?") set({ help: true });
  else return;
  e.preventDefault();
}

export function listenToKeys(): void {
  addEventListener("keydown", pressed);
  addEventListener("focusin", keepPlace);
}
