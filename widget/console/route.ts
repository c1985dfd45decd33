// The open conversation and the view of the inbox stand in the address,
// `#/c/ID?status=all&label=vip`, so that a reload returns to both.

import { get } from "./store";
import { firstView, fromQuery, toQuery, type View } from "./view";

/** The address of a conversation, "" for none, in a view (by its query). */
export function href(id: string, query: string): string {
  return "#/" + (id && "c/" + encodeURIComponent(id)) + (query && "?" + query);
}

export function routed(): { id: string; view: View } {
  const [, id = "", query = ""] = /^#\/(?:c\/([^?]*))?(?:\?(.*))?$/.exec(location.hash) ?? [];
  try {
    return { id: decodeURIComponent(id), view: fromQuery(query) };
  } catch {
    return { id: "", view: firstView };
  }
}

const here = (id: string) => href(id, toQuery(get().inbox.view));

export function go(id: string): void {
  location.hash = here(id);
}

/** Goes there without a further step in the browser's history. */
export function goInstead(id: string): void {
  location.replace(here(id));
}

/** Keeps the address in step with the view. */
export function showView(): void {
  history.replaceState(null, "", here(get().open));
}
