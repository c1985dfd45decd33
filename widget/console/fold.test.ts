import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { fold, found, wordsOf } from "./fold";
import cases from "./fold.cases.json";

test("texts are compared as the server compares them", () => {
  for (const [text, want] of cases.texts as [string, string][]) equal(fold(text), want, text);
});

test("a search is words and phrases, as to the server", () => {
  for (const [search, words] of cases.searches as [string, string[]][]) deepEqual(wordsOf(search), words, search);
});

test("what was found is cut out", () => {
  const texts: [text: string, search: string, pieces: string[]][] = [
    ["Herr Müller kommt", "muller", ["Herr ", "Müller", " kommt"]],
    ["zu groß!", "gross", ["zu ", "groß", "!"]],
    ["Mu\u0308 x", "mu", ["", "Mu\u0308", " x"]],
    ["my\n order  777", '"order 777"', ["my\n ", "order  777", ""]],
    ["aaa ab", "a ab", ["", "aaa", " ", "ab", ""]],
    ["nothing", "x", ["nothing"]],
    ["😀 ok", "ok", ["😀 ", "ok", ""]],
  ];
  for (const [text, search, pieces] of texts) deepEqual(found(text, wordsOf(search)), pieces, text);
});
