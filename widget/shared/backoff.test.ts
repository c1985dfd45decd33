import { ok } from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "./backoff";

test("each wait is drawn from twice the range of the one before, up to a limit", () => {
  for (let round = 0; round < 100; round++) {
    const backoff = new Backoff(1000, 5000);
    for (const most of [1000, 2000, 4000, 5000, 5000]) {
      const wait = backoff.next();
      ok(wait >= most / 2 && wait <= most, `${wait} is not between ${most / 2} and ${most}`);
    }
    backoff.reset();
    ok(backoff.next() <= 1000, "a success begins anew");
  }
});

test("two clients don't wait for the same time", () => {
  const waits = new Set(Array.from({ length: 100 }, () => new Backoff().next()));
  ok(waits.size > 90, `${waits.size} different waits of 100`);
});
