import { equal } from "node:assert/strict";
import { test } from "node:test";
import { type Shown, step } from "./step";

test("how a log scrolls after a drawing", () => {
  const before: Shown = { view: "a", first: 10, last: 20, own: "" };
  const cases: [name: string, change: Partial<Shown>, atEnd: boolean, want: ReturnType<typeof step>][] = [
    ["nothing new, at the end", {}, true, "end"],
    ["nothing new, further up", {}, false, "stay"],
    ["another view", { view: "b" }, false, "end"],
    ["a new message, at the end", { last: 21 }, true, "end"],
    ["a new message, further up", { last: 21 }, false, "news"],
    ["one's own, further up", { own: "cid" }, false, "end"],
    ["older messages above", { first: 1 }, false, "keep"],
    ["older messages above, and at the end", { first: 1 }, true, "keep"],
    ["another conversation in its place", { first: 1, last: 3 }, false, "stay"],
  ];
  for (const [name, change, atEnd, want] of cases) equal(step(before, { ...before, ...change }, atEnd), want, name);
});

test("one's own message scrolls once", () => {
  const shown: Shown = { view: "a", first: 1, last: 5, own: "cid" };
  equal(step(shown, shown, false), "stay");
});
