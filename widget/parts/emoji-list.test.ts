import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, found, rows, step } from "./emoji-list";

const all = [
  { sign: "👍", name: "pouce vers le haut" },
  { sign: "❤️", name: "cœur rouge" },
  { sign: "🎄", name: "sapin de Noël" },
];

test("emoji are found by all words of their name, in any order and without accents, or by themselves", () => {
  const signs = (search: string) => found(all, search).map(({ sign }) => sign);
  assert.deepEqual(signs("HAUT pouce"), ["👍"]);
  assert.deepEqual(signs("noel"), ["🎄"]);
  assert.deepEqual(signs("un ❤️ à vous"), ["❤️"]);
  assert.deepEqual(signs("pouce rouge"), []);
});

test("groups begin a row each", () => {
  const lengths = rows([Array(columns + 1).fill(0), [0, 0]]).map((row) => row.length);
  assert.deepEqual(lengths, [columns, 1, 2]);
});

test("keys lead from row to row and stay within", () => {
  const table = [[0, 1, 2], [3], [4, 5]];
  const steps: [[number, number], string, [number, number]][] = [
    [[0, 2], "ArrowDown", [1, 0]],
    [[2, 1], "ArrowDown", [2, 1]],
    [[0, 1], "ArrowUp", [-1, 0]],
    [[0, 2], "ArrowRight", [1, 0]],
    [[1, 0], "ArrowLeft", [0, 2]],
    [[2, 1], "ArrowRight", [2, 1]],
    [[0, 1], "End", [0, 2]],
    [[2, 1], "Home", [2, 0]],
    [[0, 1], "PageDown", [2, 1]],
  ];
  for (const [from, key, to] of steps) assert.deepEqual(step(table, from, key, false), to, `${from} ${key}`);
  assert.deepEqual(step(table, [0, 0], "ArrowLeft", true), [0, 1]);
  assert.equal(step(table, [0, 0], "a", false), undefined);
});
