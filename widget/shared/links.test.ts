import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { links, webAddress } from "./links";

test("addresses in a text become links", () => {
  const cases: [text: string, want: [shown: string, href: string][]][] = [
    ["no address here", []],
    ["see https://example.com/a?b=c#d now", [["https://example.com/a?b=c#d", "https://example.com/a?b=c#d"]]],
    ["www.example.com", [["www.example.com", "https://www.example.com/"]]],
    ["HTTP://EXAMPLE.COM", [["HTTP://EXAMPLE.COM", "http://example.com/"]]],
    ["mail anna@example.com!", [["anna@example.com", "mailto:anna@example.com"]]],
    ["mailto:anna@example.com", [["mailto:anna@example.com", "mailto:anna@example.com"]]],
    ["Read https://example.com.", [["https://example.com", "https://example.com/"]]],
    ["(see https://example.com/a)", [["https://example.com/a", "https://example.com/a"]]],
    ["https://example.com/a_(b)", [["https://example.com/a_(b)", "https://example.com/a_(b)"]]],
    ["https://example.com/a…", [["https://example.com/a", "https://example.com/a"]]],
    ['<a href="https://example.com/">', [["https://example.com/", "https://example.com/"]]],
    [
      "www.example.com and https://example.org",
      [
        ["www.example.com", "https://www.example.com/"],
        ["https://example.org", "https://example.org/"],
      ],
    ],
    [
      "https://en.wikipedia.org/wiki/Devil's_advocate",
      [["https://en.wikipedia.org/wiki/Devil's_advocate", "https://en.wikipedia.org/wiki/Devil's_advocate"]],
    ],
    ["'https://example.com/a'", [["https://example.com/a", "https://example.com/a"]]],
    ["“https://example.com/a”", [["https://example.com/a", "https://example.com/a"]]],
    ["‘https://example.com/a’", [["https://example.com/a", "https://example.com/a"]]],
    ["https://youtu.be/dQw4w9WgXc_", [["https://youtu.be/dQw4w9WgXc_", "https://youtu.be/dQw4w9WgXc_"]]],
    ["https://example.com/foo。次", [["https://example.com/foo", "https://example.com/foo"]]],
    ["https://example.com/foo，次", [["https://example.com/foo", "https://example.com/foo"]]],
    ["（https://example.com/baz）", [["https://example.com/baz", "https://example.com/baz"]]],
    ["「https://example.com/baz」を見て", [["https://example.com/baz", "https://example.com/baz"]]],
    ["https://example.com/日本語", [["https://example.com/日本語", "https://example.com/%E6%97%A5%E6%9C%AC%E8%AA%9E"]]],
    ["[https://example.com/a]", [["https://example.com/a", "https://example.com/a"]]],
    ["https://example.com/a?b=[c]", [["https://example.com/a?b=[c]", "https://example.com/a?b=[c]"]]],
    ["https://example.com/a/", [["https://example.com/a/", "https://example.com/a/"]]],
    ["https://example.com/a?!).", [["https://example.com/a", "https://example.com/a"]]],
    ["javascript:alert(1)", []],
    ["data:text/html,x", []],
    ["https://", []],
    ["user@localhost", []],
  ];
  for (const [text, want] of cases) {
    const pieces = links(text);
    deepEqual(
      pieces.filter((piece) => typeof piece !== "string").map(({ shown, href }): [string, string] => [shown, href]),
      want,
      text,
    );
  }
});

test("nothing of a text is lost or doubled", () => {
  const parts = ["https://example.com/a).", " www.x.org, ", "a@b.example", "((", "…", "plain ", "http://"];
  for (let i = 0; i < parts.length ** 3; i++) {
    const at = (n: number) => parts[Math.floor(i / parts.length ** n) % parts.length]!;
    const text = at(0) + at(1) + at(2);
    const again = links(text).map((piece) => (typeof piece === "string" ? piece : piece.shown));
    equal(again.join(""), text);
  }
});

test("no text leads to an address that runs code", () => {
  const schemes = /^(https?|mailto):/;
  for (const text of ["https://javascript:alert(1)", "mailto:x@y.zz?body=<script>", "www.javascript:alert(1)//x.yy"]) {
    for (const piece of links(text)) if (typeof piece !== "string") equal(schemes.test(piece.href), true, piece.href);
  }
});

test("the address of a page becomes a link only if it is one of the web", () => {
  equal(webAddress("https://example.com/a")?.host, "example.com");
  for (const url of ["", "javascript:alert(1)", "/relative", "data:,x", undefined]) equal(webAddress(url), undefined);
});
