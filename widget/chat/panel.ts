// What an open panel leaves to the tab's next page. It lies in the tab's storage
// only while the page is hidden or on its way to the next, so no tab that is
// opened from this one gets a copy; and a draft is shown to its own session only.

import type { Form } from "../parts/forms/form";
import type { Host } from "../shared/host";
import { keepStored, panelKey, stored } from "../shared/stored";
import type { Reading } from "./store";

export interface Panel {
  open: boolean;
  draft: string;
  /** What of the conversation was in sight, unless it was the end. */
  place?: Reading | undefined;
  /** What was begun in a form. */
  form?: Form | undefined;
  /** The session that it was written in; "" is none. Without one, nobody may see the draft. */
  session?: string | undefined;
}

/** Whether there is something to leave, and the tab's storage takes it. */
export function leavePanel(host: Host, panel: Panel): boolean {
  const key = panelKey(host.config.site);
  keepStored(key, panel.open || panel.draft || panel.form ? JSON.stringify(panel) : undefined);
  return !!stored(key);
}

/** Takes what was left. */
export function takePanel(host: Host): Panel | undefined {
  const key = panelKey(host.config.site);
  const left = stored(key);
  keepStored(key);
  try {
    return left ? JSON.parse(left) : undefined;
  } catch {
    return undefined; // a page may write there what it likes
  }
}

/** Calls fn when another page of the tab has left something. */
export function onPanelLeft(host: Host, fn: () => void): void {
  addEventListener("storage", ({ key, newValue }) => {
    if (newValue && key === panelKey(host.config.site)) fn();
  });
}
