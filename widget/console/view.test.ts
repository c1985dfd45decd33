import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "./fold";
import { summary } from "./summary.test-data";
import {
  asks,
  filtered,
  firstView,
  foundBy,
  fromQuery,
  known,
  matches,
  question,
  sparse,
  toQuery,
  type View,
} from "./view";

const view = (change: Partial<View>): View => ({ ...firstView, ...change });
const views: View[] = [
  firstView,
  view({ status: "all" }),
  view({ status: "resolved", assignee: "me" }),
  view({ assignee: "anna@example.com", label: "vip & more", site: "shop" }),
  view({ search: "a=b&c #? ü", field: { name: "plan", value: "pro + 1" } }),
  view({ field: { name: "plan", value: "" } }),
];

test("a view survives the address", () => {
  for (const v of views) deepEqual(fromQuery(toQuery(v)), v);
  equal(toQuery(firstView), "");
});

test("an address that nobody wrote gives the first view", () => {
  for (const query of ["", "nonsense", "status=x", "value=5", "%%%"]) deepEqual(fromQuery(query), firstView, query);
});

test("an answer is known by its question", () => {
  for (const a of views) for (const b of views) equal(asks(a, question(b)), a === b);
});

test("what belongs into a view", () => {
  const me = "anna@example.com";
  const c = summary(1, { assignee: me, site: "shop", profile: { labels: ["vip"], fields: { plan: "pro" } } });
  const cases: [change: Partial<View>, want: boolean][] = [
    [{}, true],
    [{ status: "resolved" }, false],
    [{ status: "all" }, true],
    [{ assignee: "me" }, true],
    [{ assignee: me }, true],
    [{ assignee: "none" }, false],
    [{ assignee: "ben@example.com" }, false],
    [{ site: "shop" }, true],
    [{ site: "default" }, false],
    [{ label: "vip" }, true],
    [{ label: "VIP" }, false],
    [{ field: { name: "plan", value: "pro" } }, true],
    [{ field: { name: "plan", value: "free" } }, false],
  ];
  for (const [change, want] of cases) equal(matches(c, view(change), me, false), want, JSON.stringify(change));
  ok(matches(summary(2), view({ assignee: "none" }), me, false));
});

test("a search wants all words, in names and addresses or together in the last message", () => {
  const c = summary(1, {
    profile: { firstname: "Anna", email: "anna@example.com", id: "K-1042" },
    claims: { firstname: "Änne", lastname: "Berg" },
    lastText: "My order is late, isn’t it?",
  });
  const cases: [search: string, found: boolean, want: boolean][] = [
    ["anna", false, true],
    ["ANN berg", false, true],
    ["order late", false, true],
    ["anna order", false, true],
    ["order refund", false, false],
    ["refund", true, true],
    ["anne isn't", false, true],
    ["k-1042", false, true],
    ["c1", false, true],
    ['"anne berg" "is late"', false, true],
    ['"is order"', false, false],
  ];
  for (const [search, found, want] of cases) equal(matches(c, view({ search }), "", found), want, search);
});

test("a search finds visitors by the names that tell them apart", () => {
  const c = summary(1, { person: false, name: "Visitor · calm heron" });
  ok(matches(c, view({ search: "calm heron" }), "", false) && !matches(c, view({ search: "calm fox" }), "", false));
});

test("a search says by what it has found who writes, where that is not in sight", () => {
  const c = summary(1, {
    name: "Anna",
    profile: { firstname: "Anna", email: "a@example.com", id: "K-1042" },
    lastText: "My order",
  });
  const cases: [search: string, want: string][] = [
    ["anna order", ""],
    ["anna 1042", "K-1042"],
    ["a@ex", "a@example.com"],
    ["refund", ""],
  ];
  for (const [search, want] of cases) equal(foundBy(c, wordsOf(search)), want, search);
});

test("which views are filtered, and which may have short pages", () => {
  ok(!filtered(view({ status: "all", assignee: "me" })));
  ok(filtered(view({ label: "vip" })) && !sparse(view({ label: "vip" })));
  ok(sparse(view({ search: "x" })) && sparse(view({ field: { name: "a", value: "b" } })));
});

test("filters are chosen from what is known, in order and each once", () => {
  const choices = known([
    summary(1, { profile: { labels: ["vip", "beta"], fields: { plan: "pro" } } }),
    summary(2, { profile: { labels: ["vip"], fields: { plan: "free", city: "Bern" } } }),
    summary(3, { profile: {} }),
  ]);
  deepEqual(choices.labels, ["beta", "vip"]);
  deepEqual(
    [...choices.fields],
    [
      ["city", ["Bern"]],
      ["plan", ["free", "pro"]],
    ],
  );
});
