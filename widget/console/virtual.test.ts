import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { rowAt, slots, tops } from "./virtual";

test("what is in sight is drawn, and what has to be there anyway", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const cases: [first: number, last: number, always: string[], want: number[]][] = [
    [0, 2, [], [0, 1]],
    [-3, 1, ["", "gone"], [0]],
    [2, 4, ["f", "a", "c"], [0, 2, 3, 5]],
    [5, 9, [], [5]],
    [7, 9, [], []],
  ];
  for (const [first, last, always, want] of cases) deepEqual(slots(ids, { first, last, always }), want);
});

test("the row at a height", () => {
  const t = tops([10, 20, 30]);
  deepEqual(t, [0, 10, 30, 60]);
  for (const [y, want] of [
    [-5, 0],
    [0, 0],
    [9, 0],
    [10, 1],
    [59, 2],
    [99, 2],
  ] as const)
    equal(rowAt(t, y), want);
  equal(rowAt(tops([]), 5), 0);
});
