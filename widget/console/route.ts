// The open conversation and the view of the inbox stand in the address,
// `#/c/ID?status=all&label=vip`, so that a reload returns to both; with the
// message that a search has found, `#/c/ID/42?search=kettle`.

import { get } from "./store";
import { firstView, fromQuery, toQuery, type View } from "./view";

/** The address of a conversation, "" for none, in a view (by its query), at a message. */
export function href(id: string, query: string, seq = 0): string {
  return "#/" + (id && "c/" + encodeURIComponent(id) + (seq ? `/${seq}` : "")) + (query && "?" + query);
}

/** seq is the message to show; 0 for the latest. */
export function routed(): { id: string; seq: number; view: View } {
  const [, id = "", seq = "", query = ""] = /^#\/(?:c\/([^?/]*)(?:\/(\d+))?)?(?:\?(.*))?$/.exec(location.hash) ?? [];
  try {
    return { id: decodeURIComponent(id), seq: Number(seq), view: fromQuery(query) };
  } catch {
    return { id: "", seq: 0, view: firstView };
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
