import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { ConsoleMessage as Message } from "../shared/operations";
import { newAttempt } from "../shared/outbox";
import { emptyThread, followedTo, hasEarlier, overtaking, rows, seenSeq, type Thread, takeMessages } from "./thread";

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
const thread = (messages: Message[], more: Partial<Thread> = {}): Thread => ({
  ...emptyThread,
  loaded: true,
  messages,
  ...more,
});
const seqs = (t: Thread) => t.messages.map((m) => m.seq);

test("pages of messages", () => {
  type At = { after?: number; before?: number; later?: boolean };
  const cases: [name: string, was: Thread, got: Message[], at: At, want: number[], followedTo: number][] = [
    ["the last ones", emptyThread, numbered(8, 9), {}, [8, 9], 9],
    ["what was missed", thread(numbered(1, 2)), numbered(3, 4), { after: 2 }, [1, 2, 3, 4], 4],
    ["once more", thread(numbered(1, 2, 3)), numbered(2, 3), { after: 1 }, [1, 2, 3], 3],
    ["older ones", thread(numbered(5, 6)), numbered(3, 4), { before: 5 }, [3, 4, 5, 6], 6],
    ["too much was missed", thread(numbered(1, 2)), numbered(8, 9), {}, [1, 2, 8, 9], 9],
    ["with one that came live", thread(numbered(1, 2, 10)), numbered(8, 9), {}, [1, 2, 8, 9, 10], 10],
    ["none", thread(numbered(1)), [], { after: 1 }, [1], 1],
    ["the first ones", thread(numbered(8, 9), { tail: 8 }), numbered(1, 2), { later: true }, [1, 2, 8, 9], 9],
    [
      "later ones",
      thread(numbered(1, 2, 8, 9), { tail: 8 }),
      numbered(3, 4),
      { later: true, after: 2 },
      [1, 2, 3, 4, 8, 9],
      9,
    ],
    ["up to the end", thread(numbered(1, 2, 5), { tail: 5 }), numbered(3, 4, 5), { after: 2 }, [1, 2, 3, 4, 5], 5],
    ["ahead of the last ones", thread(numbered(3, 4), { loaded: false }), numbered(8, 9), {}, [3, 4, 8, 9], 9],
  ];
  for (const [name, was, got, at, want, to] of cases) {
    const now = takeMessages(was, { t: "messages", conv: "c", messages: got, earlier: true, ...at });
    deepEqual(seqs(now), want, name);
    equal(followedTo(now), to, name);
  }
});

test("what is missing in between is a gap to be filled", () => {
  deepEqual(shape(rows(thread(numbered(2, 3, 8)), [], "")), ["day", "visitor m2,m3", "gap", "day", "visitor m8"]);
  ok(hasEarlier(thread(numbered(2))) && !hasEarlier(thread(numbered(1))) && !hasEarlier(thread([])));
});

test("a group has no end of bubbles", () => {
  const many = rows(thread(numbered(...Array.from({ length: 50 }, (_, i) => i + 1))), [], "");
  deepEqual(
    many.map((row) => (row.kind === "group" ? row.bubbles.length : row.kind)),
    ["day", 20, 20, 10],
  );
});

const shape = (list: ReturnType<typeof rows>) =>
  list.map((row) =>
    row.kind === "group" ? `${row.from} ${row.bubbles.map((b) => b.text || b.key).join()}` : row.kind,
  );

test("a long run of one author shows a time now and then", () => {
  const t = thread(
    [0, 2, 4, 6, 8].map((minute) => message(minute / 2 + 1, "visitor", { time: noon + minute * 60_000 })),
  );
  deepEqual(shape(rows(t, [], "Anna")).slice(1), ["visitor m1,m2,m3", "visitor m4,m5"]);
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

test("what was done stands between the messages, and behind the last one only as long as there is none", () => {
  const done = (kind: "resolved" | "reopened") =>
    ({ kind, time: noon, from: "agent", agent: "b@example.com" }) as const;
  const t = thread([message(1), message(2, "visitor", { before: [done("resolved"), done("reopened")] })]);
  deepEqual(shape(rows(t, [], "", { last: 2, activities: [done("resolved")] })), [
    "day",
    "visitor m1",
    "activity",
    "activity",
    "visitor m2",
    "activity",
  ]);
  deepEqual(shape(rows(t, [], "", { last: 3, activities: [done("resolved")] })).pop(), "visitor m2");
  const jumped = thread(numbered(2, 8), { tail: 8 }); // with a gap
  equal(shape(rows(jumped, [], "", { last: 8, activities: [done("resolved")] })).pop(), "activity");
});

test("an answer that has overtaken what is being written is another agent's, behind what was seen", () => {
  const t = thread([message(1), message(2, "agent", { agent: "b@example.com" }), message(3, "agent", { agent: "me" })]);
  equal(overtaking(t, 1, "me")?.seq, 2);
  equal(overtaking(t, 2, "me"), undefined);
  equal(overtaking(t, 1, "b@example.com")?.seq, 3);
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
