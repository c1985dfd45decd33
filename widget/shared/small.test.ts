// The small modules of the kit.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { errors, otherError } from "#texts/errors";
import { adjectives, animals, called } from "#texts/visitors";
import { Backoff } from "./backoff";
import { bytes } from "./bytes";
import { isSendKey, isTooLong, lengthNotice, lengthOf } from "./compose";
import { errorText, isTemporary, retryDelay } from "./errors";
import { chosen, outgoing, unsent } from "./files";
import { bucket, initials, plain, words } from "./names";
import type { ErrorCode } from "./operations";

test("initials", () => {
  const cases: [name: string, want: string][] = [
    ["Anna Berg", "AB"],
    ["anna", "A"],
    ["Anna Maria van der Berg", "AB"],
    ["anna.berg@example.com", "AB"],
    ["Jean-Luc Picard", "JP"],
    ["O'Brien", "O"],
    ["Émile Zola", "ÉZ"],
    ["李 小龍", "李小"],
    ["(Support)", "S"],
    ["𝒜nna 𝓑erg", "𝒜𝓑"],
    ["", ""],
    ["… – !", ""],
  ];
  for (const [name, want] of cases) equal(initials(name), want, name);
});

test("a text always gets the same bucket, and texts are spread", () => {
  equal(bucket("anna@example.com", 10), bucket("anna@example.com", 10));
  const buckets = new Set(Array.from({ length: 100 }, (_, i) => bucket(`conversation-${i}`, 10)));
  deepEqual(
    [...buckets].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test("visitors are told apart by names that stay", () => {
  const name = (id: string) => called(...words(id, adjectives, animals));
  equal(name("cNpJ2"), name("cNpJ2"));
  ok(/^Visitor · [a-z]+ [a-z]+$/.test(name("cNpJ2")), name("cNpJ2"));
  const names = new Set(Array.from({ length: 100 }, (_, i) => name(`conversation-${i}`)));
  ok(names.size >= 98, `${names.size} of 100`);
  for (const list of [adjectives, animals]) equal(new Set(list).size, list.length);
});

test("nothing of a text is invisible", () => {
  equal(plain("7\u200b\u202egpj\u2028\x1b"), "7gpj");
  equal(plain("می\u200cخواهم 👩‍👧 1️⃣"), "می\u200cخواهم 👩‍👧 1️⃣");
});

test("a message's length is counted as the server does", () => {
  equal(lengthOf("  Grüße 👋🏽 \n"), 8);
  ok(!isTooLong(lengthOf("👋".repeat(4000))));
  ok(isTooLong(4001));
  equal(lengthNotice(3599), "");
  equal(lengthNotice(3600), "400 characters left");
  equal(lengthNotice(4000), "0 characters left");
  equal(lengthNotice(4002), "2 characters too many");
});

test("Enter sends, unless it starts a line or ends a composition", () => {
  const key = (change: object) =>
    isSendKey({ key: "Enter", shiftKey: false, isComposing: false, keyCode: 13, ...change } as KeyboardEvent);
  ok(key({}));
  ok(!key({ key: "a" }));
  ok(!key({ shiftKey: true }));
  ok(!key({ isComposing: true }));
  ok(!key({ keyCode: 229 }), "Safari's end of a composition");
});

test("which errors pass, and when", () => {
  for (const code of ["unavailable", "rate_limited", "no_session", "conflict"] as const) ok(isTemporary(code), code);
  for (const code of ["too_long", "no_upload", "bad_frame", "forbidden"] as const) ok(!isTemporary(code), code);
  const backoff = new Backoff(1000);
  equal(retryDelay(7, backoff), 7000);
  equal(backoff.tries, 1, "a try is a try, whoever says when");
  ok(retryDelay(undefined, backoff) <= 2000);
});

test("each error is said in sentences, also one of a newer server", () => {
  for (const [code, text] of Object.entries(errors)) ok(/^\p{Lu}.*\.$/u.test(text), code);
  equal(errorText("too_long"), errors.too_long);
  equal(errorText("made_up_later" as ErrorCode), otherError);
});

test("sizes of files", () => {
  const cases: [n: number, want: string][] = [
    [1, "1 kB"],
    [1000, "1 kB"],
    [1001, "2 kB"],
    [999_499, "1,000 kB"],
    [999_500, "1.0 MB"],
    [3_400_000, "3.4 MB"],
  ];
  for (const [n, want] of cases) equal(bytes(n), want);
});

test("what is chosen is joined to what was there, and refused in words", () => {
  const file = (name: string, size = 1) => ({ name, size }) as File;
  const names = (files: readonly File[]) => files.map((f) => f.name).join();
  const some = [file("a"), file("b"), file("c"), file("d")];
  const cases: [more: File[], want: string, refused: string][] = [
    [[file("e")], "a,b,c,d,e", ""],
    [[file("e"), file("f")], "a,b,c,d,e", "At most 5 files can be sent with one message"],
    [[file("e", 0)], "a,b,c,d", "e is empty, or a folder"],
    [[file("e", (10 << 20) + 1), file("f", 10 << 20)], "a,b,c,d,f", "e is larger than 10 MB"],
  ];
  for (const [more, want, refused] of cases) {
    const [all, why] = chosen(some, more);
    equal(names(all), want);
    equal(why, refused);
  }
  equal(names(some), "a,b,c,d", "what was there is left as it is");
});

test("the next file to upload is the first that is not there", () => {
  const files = outgoing([{ name: "a" } as File, { name: "b" } as File]);
  equal(unsent(files)?.file.name, "a");
  files[0]!.sent = { id: "1", name: "a", type: "text/plain", size: 1 };
  equal(unsent(files)?.file.name, "b");
  files[1]!.sent = { id: "2", name: "b", type: "text/plain", size: 1 };
  equal(unsent(files), undefined);
});
