import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Column, slots } from "./virtual";

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

/** Rows named by a letter and guessed to be so high as their number says: "a10 b20". */
function column(rows: string, c = new Column()): Column {
  c.set(
    rows.split(" ").filter(Boolean),
    (row) => row[0]!,
    (row) => Number(row.slice(1)),
  );
  return c;
}

const tops = (c: Column): number[] => [...c.keys.map((_, at) => c.top(at)), c.end];

test("the row at a height", () => {
  const c = column("a10 b20 c30");
  deepEqual(tops(c), [0, 10, 30, 60]);
  for (const [y, want] of [
    [-5, 0],
    [0, 0],
    [9, 0],
    [10, 1],
    [59, 2],
    [99, 2],
  ] as const)
    equal(c.at(y), want);
  equal(column("").at(5), 0);
  equal(column("").end, 0);
});

test("a measured height counts from then on, and moves what is below", () => {
  const c = column("a10 b20 c30");
  equal(c.end, 60);
  equal(c.measure("b", 50), true);
  deepEqual(tops(c), [0, 10, 60, 90]);
  equal(c.measure("b", 50.3), false, "a fraction of a pixel");
  equal(c.measure("b", 40), true);
  equal(c.measure("gone", 7), false, "of no row that is here");
  deepEqual(tops(c), [0, 10, 50, 80]);
});

test("older rows come in above, and all below them moves by their heights", () => {
  const c = column("c30 d40");
  c.measure("c", 33);
  const before = tops(c);
  column("a10 b20 c30 d40", c);
  deepEqual(
    tops(c).slice(2),
    before.map((y) => y + 30),
  );
  column("a10 b20 c30 d40 e50", c);
  equal(c.end, 153, "and newer ones below");
});

test("where all heights may be others, they stand until measured anew", () => {
  const c = column("a10 b20");
  c.measure("a", 15);
  c.forget();
  deepEqual(tops(c), [0, 15, 35]);
  equal(c.measure("a", 15), true, "said anew");
  c.measure("a", 25);
  deepEqual(tops(c), [0, 25, 45]);
});
