import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "./path";

test("patterns match as Caddy's do", () => {
  const cases: Record<string, [match: string[], differ: string[]]> = {
    "/pricing": [
      ["/pricing", "/Pricing/"],
      ["/pricing/old", "/prices", "/x/pricing"],
    ],
    "/shop/*": [
      ["/shop/", "/shop/boots/7"],
      ["/shop", "/shops"],
    ],
    "*/help": [["/help", "/a/b/help"], ["/helpers"]],
    "*help*": [["/help", "/a/helpers"], ["/hel"]],
    "*.html": [["/a/b.html"], ["/a/b.htm", "/a.html/b"]],
    "*a*b": [["/a/xab", "/aab/", "/a/c/a-b"], ["/a/b"]],
    "/a/*/b": [["/a/x/b"], ["/a/x/y/b"]],
    "/*-*-c": [
      ["/a-b-c", "/a-b-c-c"],
      ["/a-c", "/a/b-b-c"],
    ],
    "/a*a": [["/aa", "/axa"], ["/a"]],
    "/a.b": [["/a.b"], ["/axb"]],
    "/": [["/"], ["/a"]],
    "*": [["/", "/a/b"], []],
    "/über-uns": [["/über-uns"], ["/ueber-uns"]],
  };
  for (const [pattern, [match, differ]] of Object.entries(cases)) {
    for (const path of match) assert.ok(matches(pattern, path), `${pattern} does not match ${path}`);
    for (const path of differ) assert.ok(!matches(pattern, path), `${pattern} matches ${path}`);
  }
});

test("a path of anybody's making takes no time", () => {
  // With backtracking this would not end.
  assert.ok(!matches("/*-*-*-*-*-*-*-*.html", `/${"-".repeat(100_000)}`));
  assert.ok(!matches("/**********x", `/${"a".repeat(100_000)}`));
  assert.ok(!matches("*a*a*a*a*b", `/${"a".repeat(2_000)}`));
});
