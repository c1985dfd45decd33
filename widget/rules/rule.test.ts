import assert from "node:assert/strict";
import { test } from "node:test";
import { type Facts, holds, type Rule } from "./rule";

const facts: Facts = {
  path: "/Pricing/",
  seconds: 30,
  visits: 3,
  scrolled: 60,
  exit: true,
  language: "de",
  personal: ["help"],
  unanswered: false,
  talking: false,
};

test("a rule holds where all of its conditions do", () => {
  const rule: Rule = {
    name: "help",
    paths: ["/pricing", "/shop/*"],
    time: 30,
    visits: 3,
    scroll: 60,
    exit: true,
    languages: ["en", "de"],
    personal: true,
  };
  assert.ok(holds(rule, facts));
  const others: Partial<Facts>[] = [
    { path: "/pricing/old" },
    { path: "/shop" },
    { seconds: 29.9 },
    { visits: 2 },
    { scrolled: 59 },
    { exit: false },
    { language: "fr" },
    { personal: ["other"] },
    { talking: true },
  ];
  for (const other of others) assert.ok(!holds(rule, { ...facts, ...other }), JSON.stringify(other));
  assert.ok(holds(rule, { ...facts, path: "/shop/boots/7" }));
});

test("a rule without conditions holds unless a conversation goes on", () => {
  assert.ok(holds({ name: "hello" }, { ...facts, path: "/" }));
  assert.ok(!holds({ name: "hello" }, { ...facts, talking: true }));
});

test("who comes back to an unanswered chat hears of it while that goes on", () => {
  const rule: Rule = { name: "waiting", unanswered: true };
  assert.ok(holds(rule, { ...facts, talking: true, unanswered: true }));
  assert.ok(!holds(rule, { ...facts, talking: true }));
  assert.ok(!holds(rule, facts));
});
