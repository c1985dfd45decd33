import { equal } from "node:assert/strict";
import { test } from "node:test";
import { shortAge } from "./age";

test("ages as short as a list wants them", () => {
  const now = new Date(2026, 4, 15, 12).getTime();
  const minute = 60_000;
  const cases: [age: number, want: string][] = [
    [-minute, "now"],
    [0, "now"],
    [minute - 1, "now"],
    [minute, "1m"],
    [60 * minute - 1, "59m"],
    [60 * minute, "1h"],
    [24 * 60 * minute - 1, "23h"],
    [24 * 60 * minute, "1d"],
    [7 * 24 * 60 * minute - 1, "6d"],
    [7 * 24 * 60 * minute, "8 May"],
    [365 * 24 * 60 * minute, "15 May 2025"],
  ];
  for (const [age, want] of cases) equal(shortAge(now - age, now), want);
});
