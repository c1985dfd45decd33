import { equal } from "node:assert/strict";
import { test } from "node:test";
import { greeting } from "./welcome";

test("names that are known, and the gaps of those that are not", () => {
  const template = "Hi {firstname}, how can we help?";
  equal(greeting(template, { firstname: "Anna" }), "Hi Anna, how can we help?");
  equal(greeting(template, {}), "Hi, how can we help?");
  equal(greeting(template, undefined), "Hi, how can we help?");
  equal(greeting(template, { firstname: "  " }), "Hi, how can we help?");
  equal(greeting("{firstname}, hello", undefined), "hello");
  equal(greeting("Dear {firstname} {lastname}!", { lastname: "Berg" }), "Dear Berg!");
  equal(greeting("We write to {email}", { email: "a@b.example" }), "We write to a@b.example");
  equal(greeting("{plan} is left", { firstname: "Anna" }), "{plan} is left");
});
