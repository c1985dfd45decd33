import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { end, joined, merge } from "./messages";

type M = { seq: number; text: string; cid?: string };
const m = (seq: number, text = `m${seq}`, cid?: string): M => ({ seq, text, ...(cid && { cid }) });
const seqs = (messages: readonly M[]) => messages.map(({ seq }) => seq);

test("merged messages are in order, each once", () => {
  const cases: [a: number[], b: number[], want: number[]][] = [
    [[], [], []],
    [[1, 2], [3], [1, 2, 3]],
    [
      [3, 4],
      [1, 2],
      [1, 2, 3, 4],
    ],
    [
      [1, 2, 3],
      [2, 3, 4],
      [1, 2, 3, 4],
    ],
    [[5], [1, 9, 3], [1, 3, 5, 9]],
  ];
  for (const [a, b, want] of cases) {
    deepEqual(
      seqs(
        merge(
          a.map((seq) => m(seq)),
          b.map((seq) => m(seq)),
        ),
      ),
      want,
    );
  }
});

test("the newer word on a message counts, and keeps the client id that is known", () => {
  const [merged] = merge([m(1, "before", "cid")], [m(1, "after")]);
  deepEqual(merged, m(1, "after", "cid"));
  const [learned] = merge([m(1)], [m(1, "m1", "cid")]);
  equal(learned!.cid, "cid");
});

test("merging leaves what it was given", () => {
  const a = [m(2)];
  merge(a, [m(1)]);
  deepEqual(a, [m(2)]);
});

test("a client resumes from the last message before a gap", () => {
  const cases: [messages: number[], want: number][] = [
    [[], 0],
    [[1, 2, 3], 3],
    [[7, 8, 9], 9],
    [[1, 2, 4, 5], 2],
    [[5, 9], 5],
  ];
  for (const [messages, want] of cases) equal(end(messages.map((seq) => m(seq))), want, `${messages}`);
});

test("messages of one author stand together for a while", () => {
  const noon = new Date(2026, 4, 1, 12).getTime();
  const said = (from: string, name: string, time: number) => ({ from, name, time });
  const anna = said("agent", "Anna", noon);
  const minute = 60_000;
  ok(joined(anna, said("agent", "Anna", noon + 4 * minute)));
  ok(!joined(anna, said("agent", "Anna", noon + 5 * minute)), "too late");
  ok(!joined(anna, said("agent", "Ben", noon)), "another agent");
  ok(!joined(anna, said("visitor", "Anna", noon)), "another side");
  ok(!joined(undefined, anna));
  ok(!joined(anna, undefined));
  const midnight = new Date(2026, 4, 2).getTime();
  ok(!joined(said("agent", "Anna", midnight - 1), said("agent", "Anna", midnight)), "another day");
});
