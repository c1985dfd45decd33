// What the inbox is asked to show, and how that stands in the address. Pure functions.

import type { ConsoleFieldFilter, ConsoleQuery, ConsoleSummary } from "../shared/operations";
import { fold, wordsOf } from "./fold";

export type View = {
  status: ConsoleQuery["status"];
  /** "everyone", "me", "none" (of nobody) or an agent's e-mail address. */
  assignee: string;
  /** One of the verified labels; "" is any. So are these: */
  label: string;
  site: string;
  search: string;
  field: ConsoleFieldFilter | undefined;
};

export const firstView: View = {
  status: "open",
  assignee: "everyone",
  label: "",
  site: "",
  search: "",
  field: undefined,
};

/** What a view restricts to beside status and assignee, as a change that takes it off. */
export const noFilter = { label: "", site: "", search: "", field: undefined };

export const filtered = (v: View): boolean => Boolean(v.label || v.site || v.search || v.field);

/** What a view is ordered by, the greatest first: the latest activity, or of those who wait who has waited longest. */
export const rank = (c: ConsoleSummary, v: View): number => (v.status === "waiting" ? -c.waiting : c.active);

/** Where the server looks through the listing instead of looking it up: pages may be short, or empty, before the last. */
export const sparse = (v: View): boolean => Boolean(v.search || v.field);

export function question(v: View): ConsoleQuery {
  return {
    status: v.status,
    ...(v.assignee !== "everyone" && { assignee: v.assignee }),
    ...(v.label && { label: v.label }),
    ...(v.field && { field: v.field }),
    ...(v.site && { site: v.site }),
    ...(v.search && { search: v.search }),
  };
}

/** Whether a question, as an answer repeats it, is this view's. */
export function asks(v: View, q: ConsoleQuery): boolean {
  return (
    q.status === v.status &&
    (q.assignee ?? "everyone") === v.assignee &&
    (q.label ?? "") === v.label &&
    (q.site ?? "") === v.site &&
    (q.search ?? "") === v.search &&
    q.field?.name === v.field?.name &&
    q.field?.value === v.field?.value
  );
}

/** Whether a conversation belongs into a view; found: a search's answers have named it. */
export function matches(c: ConsoleSummary, v: View, me: string, found: boolean): boolean {
  if (v.status === "waiting" ? !c.waiting : v.status !== "all" && c.status !== v.status) return false;
  if (v.assignee !== "everyone" && c.assignee !== assigned(v.assignee, me)) return false;
  if (v.site && c.site !== v.site) return false;
  if (v.label && !c.profile.labels?.includes(v.label)) return false;
  if (v.field && c.profile.fields?.[v.field.name] !== v.field.value) return false;
  return !v.search || found || shows(c, v.search);
}

function assigned(assignee: string, me: string): string {
  if (assignee === "me") return me;
  return assignee === "none" ? "" : assignee;
}

/**
 * Whether what is known here of a conversation has all words of a search: the
 * names, addresses and ids, or else the last message. The server looks into the
 * other messages too, by the same rule.
 */
function shows(c: ConsoleSummary, search: string): boolean {
  const { who, text, id } = folded(c);
  return words(search)
    .filter((word) => word !== id && !who.includes(word))
    .every((word) => text.includes(word));
}

type Folded = { who: string; text: string; id: string };
const foldings = new WeakMap<ConsoleSummary, Folded>();

/** What a search compares with of a conversation. Kept, for a change replaces the summary, and a desk has thousands. */
function folded(c: ConsoleSummary): Folded {
  let f = foldings.get(c);
  if (!f) {
    f = { who: fold([c.name, ...whoIs(c)].join("\0")), text: fold(c.lastText), id: fold(c.id) };
    foldings.set(c, f);
  }
  return f;
}

let searched = { search: "", words: [] as readonly string[] };

/** The words of a search, which is the same one for the whole list. */
function words(search: string): readonly string[] {
  if (searched.search !== search) searched = { search, words: wordsOf(search) };
  return searched.words;
}

/** What a search compares with of who writes. */
function whoIs({ profile: p, claims: q }: ConsoleSummary): string[] {
  const name = ({ firstname = "", lastname = "" }: typeof p) => `${firstname} ${lastname}`;
  return [name(p), p.email ?? "", p.id ?? "", name(q), q.email ?? "", q.id ?? ""];
}

/**
 * The address, id or name for which a search has found a conversation, where
 * neither the name nor the text in the list shows why; else "".
 */
export function foundBy(c: ConsoleSummary, words: readonly string[]): string {
  const shown = fold(`${c.name}\0${c.lastText}`);
  const hidden = words.find((word) => !shown.includes(word));
  return (
    (hidden &&
      whoIs(c)
        .find((part) => fold(part).includes(hidden))
        ?.trim()) ||
    ""
  );
}

/** The view as the part of an address behind its "?"; "" for the first view. */
export function toQuery(v: View): string {
  const q = new URLSearchParams();
  if (v.status !== firstView.status) q.set("status", v.status);
  if (v.assignee !== firstView.assignee) q.set("assignee", v.assignee);
  if (v.label) q.set("label", v.label);
  if (v.field) {
    q.set("field", v.field.name);
    q.set("value", v.field.value);
  }
  if (v.site) q.set("site", v.site);
  if (v.search) q.set("search", v.search);
  return q.toString();
}

/** Reads what toQuery has written; what it can't read is as in the first view. */
export function fromQuery(query: string): View {
  const q = new URLSearchParams(query);
  const status = q.get("status");
  const field = q.get("field");
  return {
    status: status === "waiting" || status === "resolved" || status === "all" ? status : "open",
    assignee: q.get("assignee") || "everyone",
    label: q.get("label") ?? "",
    site: q.get("site") ?? "",
    search: q.get("search") ?? "",
    field: field ? { name: field, value: q.get("value") ?? "" } : undefined,
  };
}

/** The labels and fields that these conversations have: what a filter can be chosen from. */
export function known(conversations: Iterable<ConsoleSummary>): { labels: string[]; fields: Map<string, string[]> } {
  const labels = new Set<string>();
  const fields = new Map<string, Set<string>>();
  for (const { profile } of conversations) {
    for (const label of profile.labels ?? []) labels.add(label);
    for (const [name, value] of Object.entries(profile.fields ?? {})) {
      fields.set(name, (fields.get(name) ?? new Set()).add(value));
    }
  }
  const inOrder = (set: Iterable<string>) => [...set].sort((a, b) => a.localeCompare(b));
  return {
    labels: inOrder(labels),
    fields: new Map(inOrder(fields.keys()).map((name) => [name, inOrder(fields.get(name)!)])),
  };
}
