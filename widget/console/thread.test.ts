import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../shared/operations";
import { newAttempt } from "../shared/outbox";
import { emptyThread, rows, seenSeq, type Thread, takeMessages } from "./thread";

const noon = new Date(2026, 4, 1, 12).getTime();
const message = (seq: number, from: Message["from"] = "visitor", more: Partial<Message> = {}): Message => ({
  seq,
  from,
  time: noon + seq,
  name: "",
  text: `m${seq}`,
  ...more,
});
const numbered = (...seqs: number[]) => seqs.map((seq) => message(seq));
const thread = (messages: Message[], more: Partial<Thread> = {}): Thread => ({ ...emptyThread, messages, ...more });
const seqs = (t: Thread) => t.messages.map((m) => m.seq);

test("pages of messages", () => {
  const cases: [name: string, was: Thread, got: Message[], at: { after?: number; before?: number }, want: number[]][] =
    [
      ["the last ones", emptyThread, numbered(8, 9), {}, [8, 9]],
      ["what was missed", thread(numbered(1, 2)), numbered(3, 4), { after: 2 }, [1, 2, 3, 4]],
      ["once more", thread(numbered(1, 2, 3)), numbered(2, 3), { after: 1 }, [1, 2, 3]],
      ["older ones", thread(numbered(5, 6)), numbered(3, 4), { before: 5 }, [3, 4, 5, 6]],
      ["too much was missed", thread(numbered(1, 2)), numbered(8, 9), {}, [8, 9]],
      ["with one that came live", thread(numbered(1, 2, 10)), numbered(8, 9), {}, [8, 9, 10]],
      ["none", thread(numbered(1)), [], { after: 1 }, [1]],
    ];
  for (const [name, was, got, at, want] of cases) {
    const now = takeMessages(was, { t: "messages", conv: "c", messages: got, earlier: true, ...at });
    deepEqual(seqs(now), want, name);
  }
});

test("whether there are older ones is the server's word on the oldest page", () => {
  const got = (first: number, earlier: boolean, at = {}) =>
    ({ t: "messages", conv: "c", messages: numbered(first, first + 1), earlier, ...at }) as const;
  ok(takeMessages(emptyThread, got(5, true)).earlier);
  ok(!takeMessages(thread(numbered(5), { earlier: true }), got(1, false, { before: 5 })).earlier);
  ok(!takeMessages(thread(numbered(1, 2), { earlier: false }), got(3, true, { after: 2 })).earlier);
});

const shape = (list: ReturnType<typeof rows>) =>
  list.map((row) =>
    row.kind === "group" ? `${row.from} ${row.bubbles.map((b) => b.text || b.key).join()}` : row.kind,
  );

test("a long run of one author shows a time now and then", () => {
  const t = thread([0, 2, 4, 6, 8].map((minute) => message(minute + 1, "visitor", { time: noon + minute * 60_000 })));
  deepEqual(shape(rows(t, [], "Anna")).slice(1), ["visitor m1,m3,m5", "visitor m7,m9"]);
});

test("messages stand by day and by author", () => {
  const tomorrow = noon + 24 * 3600_000;
  const t = thread([
    message(1),
    message(2),
    message(3, "agent", { name: "Anna" }),
    message(4, "agent", { name: "Ben" }),
    message(5, "visitor", { time: noon + 10 * 60_000 }),
    message(6, "visitor", { time: noon + 20 * 60_000 }),
    message(7, "visitor", { time: tomorrow }),
  ]);
  deepEqual(shape(rows(t, [], "Anna")), [
    "day",
    "visitor m1,m2",
    "agent m3",
    "agent m4",
    "visitor m5",
    "visitor m6",
    "day",
    "visitor m7",
  ]);
});

test("a line stands before what was unread, unless all of it was the agent's", () => {
  const t = thread([message(1), message(2), message(3)], { newAfter: 1 });
  deepEqual(shape(rows(t, [], "")), ["day", "visitor m1", "fresh", "visitor m2,m3"]);
  const all = rows(thread([message(1)], { newAfter: 0 }), [], "");
  deepEqual(shape(all), ["day", "visitor m1"]);
});

test("replies under way stand last", () => {
  const list = rows(
    thread([message(1), message(2, "agent", { name: "Anna" })]),
    [
      {
        cid: "x",
        conv: "c",
        text: "on its way",
        time: noon - 5,
        files: [],
        failed: "",
        waiting: false,
        handed: false,
        attempt: newAttempt(),
      },
    ],
    "Anna",
  );
  deepEqual(shape(list), ["day", "visitor m1", "agent m2,on its way"]);
});

test("seen is the agents' last message that the visitor has read, while nothing was answered", () => {
  const cases: [messages: Message[], read: number, want: number][] = [
    [[message(1), message(2, "agent"), message(3, "agent")], 3, 3],
    [[message(1), message(2, "agent"), message(3, "agent")], 2, 2],
    [[message(1), message(2, "agent")], 1, 0],
    [[message(1, "agent"), message(2)], 2, 0],
    [[message(1, "agent"), message(2, "system")], 2, 1],
    [[], 0, 0],
  ];
  for (const [messages, read, want] of cases) equal(seenSeq(thread(messages), read), want);
});
