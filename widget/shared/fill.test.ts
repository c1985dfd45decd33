import { equal } from "node:assert/strict";
import { test } from "node:test";
import { fill } from "./fill";
import { setLanguage } from "./language";

test("a text is filled in as its language counts", () => {
  const left = { one: "{n} znak", few: "{n} znaki", many: "{n} znaków" };
  const cases: [
    browser: string[],
    language: string,
    template: string | Record<string, string>,
    n: number,
    want: string,
  ][] = [
    [["en-GB"], "en", { one: "{n} left", other: "{n} left of {of}" }, 1, "1 left"],
    [["en-GB"], "en", { one: "{n} left", other: "{n} left of {of}" }, 1234, "1,234 left of {of}"],
    [["pl"], "pl", left, 1, "1 znak"],
    [["pl"], "pl", left, 22, "22 znaki"],
    [["pl"], "pl", left, 25, "25 znaków"],
    [["de", "en-IN"], "en", "{n} left", 123456, "1,23,456 left"], // as their own region writes it
    [["en"], "de", "{n} Zeichen", 1234, "1.234 Zeichen"],
    [["en"], "ar", { two: "حرفان", other: "{n} حرف" }, 2, "حرفان"],
    [["en"], "ar", { other: "{n}" }, 3, "3"], // the site's own has one form
  ];
  for (const [browser, language, template, n, want] of cases) {
    Object.defineProperty(globalThis, "navigator", { value: { languages: browser }, configurable: true });
    setLanguage(language);
    equal(fill(template, { n }), want);
  }
});

test("what is filled in is not filled in again", () => {
  equal(fill("{name} {state}", { name: "{state}", state: "2 kB" }), "{state} 2 kB");
});
