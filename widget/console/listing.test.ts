import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { ConsoleInbox, ConsoleSummary } from "../shared/operations";
import {
  anchored,
  brings,
  current,
  emptyInbox,
  held,
  type Inbox,
  listed,
  patched,
  pauses,
  refreshing,
  takePage,
  tick,
  turnedTo,
  upsert,
  without,
} from "./listing";
import { summary } from "./summary.test-data";
import { firstView, question, type View } from "./view";

const me = "anna@example.com";
const ids = (inbox: Inbox) => listed(inbox, me).map((c) => c.id);

const page = (view: View, conversations: ConsoleSummary[], more: Partial<ConsoleInbox> = {}): ConsoleInbox => ({
  t: "inbox",
  ...question(view),
  conversations,
  ...more,
});

function loaded(...numbers: number[]): Inbox {
  const inbox = refreshing(emptyInbox(firstView));
  return takePage(
    inbox,
    page(
      firstView,
      numbers.map((n) => summary(n)),
    ),
    me,
  );
}

test("the latest activity comes first", () => {
  deepEqual(ids(loaded(1, 3, 2)), ["c3", "c2", "c1"]);
});

test("pages join into one list, without holes", () => {
  let inbox = refreshing(emptyInbox(firstView));
  inbox = takePage(inbox, page(firstView, [summary(9), summary(8)], { next: "p2" }), me);
  inbox = upsert(inbox, summary(3)); // it is told of before its page has come
  deepEqual(ids(inbox), ["c9", "c8"]);
  inbox = takePage(inbox, page(firstView, [summary(7), summary(3)], { cursor: "p2" }), me);
  deepEqual(ids(inbox), ["c9", "c8", "c7", "c3"]);
});

test("what a page doesn't name any more has gone, unless it was heard of since", () => {
  let inbox = refreshing(loaded(1, 2, 3));
  inbox = upsert(inbox, summary(4));
  inbox = takePage(inbox, page(firstView, [summary(3)]), me);
  deepEqual(ids(inbox), ["c4", "c3"]);
});

test("an answer to an older question is not the list, but worth knowing", () => {
  const other: View = { ...firstView, status: "all" };
  let inbox = turnedTo(loaded(1), other);
  inbox = takePage(refreshing(inbox), page(firstView, [summary(2)]), me);
  ok(inbox.loading);
  equal(current(inbox, "c2")?.id, "c2");
});

test("of two words on a conversation the newer counts", () => {
  let inbox = upsert(loaded(), summary(1, { rev: 5, lastText: "newer" }));
  inbox = upsert(inbox, summary(1, { rev: 4, lastText: "older" }));
  equal(current(inbox, "c1")?.lastText, "newer");
  // Revisions of an earlier connection count no more: the server may have been restored.
  inbox = { ...inbox, epoch: tick() };
  inbox = upsert(inbox, summary(1, { rev: 4, lastText: "restored" }));
  equal(current(inbox, "c1")?.lastText, "restored");
});

test("a change made here shows at once, and of what is unknown changes nothing", () => {
  const inbox = loaded(1);
  equal(current(patched(inbox, "c1", { read: 7 }), "c1")?.read, 7);
  equal(patched(inbox, "c2", { read: 7 }), inbox);
  deepEqual(ids(without(inbox, "c1")), []);
});

test("a list is shown as far down as before while it is asked for anew", () => {
  let inbox = refreshing(loaded(1, 2, 3));
  inbox = takePage(inbox, page(firstView, [summary(3)], { next: "p2" }), me);
  deepEqual(ids(inbox), ["c3", "c2", "c1"]);
});

test("which change brings a message", () => {
  const inbox = loaded(1, 5);
  ok(brings(inbox, summary(1, { last: 1 }), summary(1, { last: 2 })));
  ok(!brings(inbox, summary(1, { last: 2 }), summary(1, { last: 2, online: true })));
  ok(brings(inbox, undefined, summary(6)));
  ok(!brings(inbox, undefined, summary(4)), "an old one, whose visitor came back");
});

test("who waits longest comes first among those who wait", () => {
  const view: View = { ...firstView, status: "waiting" };
  let inbox = refreshing(emptyInbox(view));
  const all = [summary(1, { waiting: 5 }), summary(2, { waiting: 9 })];
  inbox = takePage(inbox, page(view, all, { next: "p2" }), me);
  inbox = upsert(inbox, summary(3, { waiting: 12 })); // comes with a later page
  inbox = upsert(inbox, summary(4, { waiting: 7 }));
  inbox = upsert(inbox, summary(5));
  deepEqual(ids(inbox), ["c1", "c4", "c2"]);
  inbox = upsert(inbox, summary(1, { rev: 2 }));
  deepEqual(ids(inbox), ["c4", "c2"]);
});

test("while someone aims at it the list keeps its order; only its end grows", () => {
  const view = firstView;
  const list = (...numbers: number[]) => numbers.map((n) => summary(n));
  const was = { view, ids: ["c3", "c2", "c1"] };
  const order = (now: ConsoleSummary[]) => held(was, view, now).map((c) => c.id);
  deepEqual(order(list(1, 3, 2)), ["c3", "c2", "c1"]);
  deepEqual(order(list(9, 1, 3, 8, 2)), ["c3", "c2", "c1"]);
  deepEqual(order(list(3, 1, 7)), ["c3", "c1", "c7"]);
  deepEqual(
    held(was, { ...view }, list(1, 3)).map((c) => c.id),
    ["c1", "c3"],
  );
});

test("what is read stays in its place as others move ahead of it", () => {
  const before = ["a", "b", "c", "d"];
  equal(anchored(before, ["n", "a", "b", "c", "d"], 25, 10), 35);
  equal(anchored(before, ["c", "a", "b", "d"], 25, 10), 25); // what moves itself is not followed
  equal(anchored(before, ["a", "b", "d"], 25, 10), 25);
  equal(anchored(before, [], 25, 10), 25);
});

test("a search keeps what it has found, and pauses after some pages", () => {
  const view: View = { ...firstView, search: "kettle" };
  const hit = { conv: "c7", seq: 42, from: "visitor", text: "the kettle" } as const;
  let inbox = refreshing(emptyInbox(view));
  inbox = takePage(inbox, page(view, [summary(7)], { hits: [hit], next: "0", reached: 6 }), me);
  equal(inbox.hits.get("c7")?.seq, 42);
  for (let n = 1; !pauses(inbox); n++) {
    ok(n < 50);
    inbox = takePage(inbox, page(view, [], { cursor: inbox.next, next: `${n}`, reached: 6 - n }), me);
  }
  ok(inbox.reached < 6 && inbox.hits.size === 1);
  inbox = takePage(inbox, page(view, [], { cursor: inbox.next }), me);
  ok(!pauses(inbox));
  equal(turnedTo(inbox, firstView).hits.size, 0);
});
