import { deepEqual } from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { TypingNotice } from "./typing";

function notice(online = true) {
  const sent: boolean[] = [];
  const made = new TypingNotice((on) => {
    if (online) sent.push(on);
    return online;
  });
  return { made, sent };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 }));
afterEach(() => mock.timers.reset());

test("keys in a row are told once in a while, their end after a pause", () => {
  const { made, sent } = notice();
  for (let i = 0; i < 7; i++) {
    made.typed(true);
    mock.timers.tick(1000);
  }
  deepEqual(sent, [true, true]);
  mock.timers.tick(3000);
  deepEqual(sent, [true, true, false]);
  mock.timers.tick(60_000);
  deepEqual(sent, [true, true, false]);
});

test("an emptied field ends it at once", () => {
  const { made, sent } = notice();
  made.typed(true);
  made.typed(false);
  made.typed(false);
  deepEqual(sent, [true, false]);
});

test("so does sending, and the next key begins anew", () => {
  const { made, sent } = notice();
  made.typed(true);
  made.stop();
  made.typed(true);
  deepEqual(sent, [true, false, true]);
});

test("what could not be told is not taken back", () => {
  const { made, sent } = notice(false);
  made.typed(true);
  made.stop();
  mock.timers.tick(10_000);
  deepEqual(sent, []);
});
