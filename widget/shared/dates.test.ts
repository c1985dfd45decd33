import { equal } from "node:assert/strict";
import { test } from "node:test";
import { day, sameDay, weekdayAndTime } from "./dates";

// The tests run in Berlin, in English.
const at = (year: number, month: number, date: number, hour = 12) => new Date(year, month - 1, date, hour).getTime();

test("the day of a message", () => {
  const now = at(2026, 5, 15);
  const cases: [time: number, want: string][] = [
    [at(2026, 5, 15, 0), "Today"],
    [at(2026, 5, 16), "Today"], // the clocks of two computers differ
    [at(2026, 5, 14, 23), "Yesterday"],
    [at(2026, 5, 14, 0), "Yesterday"],
    [at(2026, 5, 13), "Wednesday"],
    [at(2026, 5, 9), "Saturday"],
    [at(2026, 5, 8), "8 May"],
    [at(2026, 1, 1), "1 January"],
    [at(2025, 12, 31), "31 December 2025"],
  ];
  for (const [time, want] of cases) equal(day(time, now), want);
});

test("a time to come", () => {
  const now = at(2026, 5, 15);
  const cases: [time: number, want: string][] = [
    [at(2026, 5, 15, 14), "14:00"],
    [at(2026, 5, 16, 9), "Saturday 09:00"],
    [at(2026, 5, 21, 9), "Thursday 09:00"],
  ];
  for (const [time, want] of cases) equal(weekdayAndTime(time, now), want);
  equal(/^22 May.* 0?9:00$/.test(weekdayAndTime(at(2026, 5, 22, 9), now)), true);
});

test("a day of 23 or 25 hours is one day", () => {
  for (const [month, date] of [
    [3, 29], // the clocks went forward in the night
    [10, 25],
  ] as const) {
    equal(day(at(2026, month, date, 0), at(2026, month, date, 23)), "Today");
    equal(day(at(2026, month, date - 1, 23), at(2026, month, date, 0)), "Yesterday");
    equal(day(at(2026, month, date, 0), at(2026, month, date + 1, 0)), "Yesterday");
    equal(
      day(at(2026, month, date - 1, 0), at(2026, month, date + 1, 23)),
      day(at(2026, month, date - 1), at(2026, month, date + 1)),
    );
  }
});

test("one day ends at midnight", () => {
  equal(sameDay(at(2026, 5, 1, 0), at(2026, 5, 1, 23)), true);
  equal(sameDay(at(2026, 5, 1, 23), at(2026, 5, 2, 0)), false);
});
