import type { ConsoleSummary } from "../shared/operations";

/** A conversation for tests: open, without unread messages, active at its number. */
export const summary = (n: number, more: Partial<ConsoleSummary> = {}): ConsoleSummary => ({
  id: `c${n}`,
  site: "default",
  person: true,
  name: `Visitor ${n}`,
  profile: {},
  claims: {},
  note: "",
  status: "open",
  assignee: "",
  created: n,
  active: n,
  last: 1,
  lastFrom: "visitor",
  lastText: "",
  read: 1,
  unread: 0,
  waiting: 0,
  visitorRead: 0,
  page: {},
  online: false,
  rev: 1,
  ...more,
});
