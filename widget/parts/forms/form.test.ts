import assert from "node:assert/strict";
import { test } from "node:test";
import { isEmail, isPhone } from "./check";
import { type Field, firstProblem, problem, tagsOf } from "./form";

test("an e-mail address is told by its form", () => {
  for (const good of ["ada@example.com", "a.b+c@mail.example.co.uk", "анна@пример.рф", "o'neill@x.ie", "a@b.c"])
    assert.ok(isEmail(good), good);
  for (const bad of [
    "ada",
    "ada@",
    "@example.com",
    "ada@example",
    "ada@example.",
    "a b@example.com",
    "a@b@c.de",
    "a@b..de",
  ])
    assert.ok(!isEmail(bad), bad);
});

test("a phone number is told by its digits", () => {
  for (const good of ["+44 20 7946 0000", "(030) 123-456", "555 1234 ext. 12", "030/1234567", "٠١٢٣٤٥٦", "110 99"])
    assert.ok(isPhone(good), good);
  for (const bad of ["1234", "call me", "+", "12345 please", "ada@example.com"]) assert.ok(!isPhone(bad), bad);
});

const fields: Field[] = [{ name: "name", required: true }, { name: "email" }, { name: "order", label: "Order" }];

test("a form is held up by what is missing or wrong, in order", () => {
  assert.equal(firstProblem(fields, {})?.name, "name");
  assert.equal(firstProblem(fields, { name: "  " })?.name, "name");
  assert.equal(firstProblem(fields, { name: "Ada", email: "ada" })?.name, "email");
  assert.equal(firstProblem(fields, { name: "Ada" }), undefined);
  assert.equal(problem({ name: "phone" }, ""), "");
});

test("answers are what a page would say; none and wrong ones are not said", () => {
  assert.deepEqual(tagsOf(fields, { name: " Ada L. ", email: "ada@example.com", order: "17", other: "x" }), {
    firstname: "Ada L.",
    lastname: null, // or a page's would follow the whole name
    email: "ada@example.com",
    additionalTaggingData: { order: "17" },
  });
  assert.deepEqual(tagsOf([{ name: "phone" }, ...fields], { phone: "030 12345", email: "ada@" }), {
    additionalTaggingData: { phone: "030 12345" },
  });
  assert.equal(tagsOf(fields, { name: " " }), undefined);
});
