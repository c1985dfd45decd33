import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Message, VisitorHello, VisitorState } from "../shared/operations";
import type { Outgoing } from "../shared/outbox";
import { newAttempt } from "../shared/outbox";
import { Store } from "./store";

const message = (seq: number, from: Message["from"] = "agent", more: Partial<Message> = {}): Message => ({
  seq,
  time: seq * 1000,
  from,
  name: "",
  text: `m${seq}`,
  ...more,
});

const state = (status: VisitorState["status"], last: number, read: number, unread: number): VisitorState => ({
  t: "state",
  status,
  last,
  read,
  unread,
  agent: "",
});

const hello = (messages: Message[], more: Partial<VisitorHello> = {}): VisitorHello => ({
  t: "hello",
  who: "anonymous",
  online: true,
  messages,
  earlier: false,
  conversation: state("open", messages[messages.length - 1]?.seq ?? 0, 0, messages.length),
  ...more,
});

const draft = (cid: string, time = 0): Outgoing => ({
  cid,
  conv: "",
  text: cid,
  time,
  files: [],
  failed: "",
  waiting: false,
  handed: false,
  attempt: newAttempt(),
});

function filled(last: number): Store {
  const store = new Store(() => {});
  store.take(hello(Array.from({ length: last }, (_, i) => message(i + 1))), true);
  return store;
}

const seqs = (store: Store) => store.messages.map((m) => m.seq);

test("a client resumes with the last message that it has, so that the answer shows whether it is the same conversation", () => {
  equal(filled(0).after, undefined);
  equal(filled(3).after, 2);
});

test("an answer goes on from what is shown only if it shows the same last message", () => {
  const store = filled(3);
  ok(store.continues(hello([message(3), message(4)]), 2));
  ok(!store.continues(hello([message(4)]), 2), "the last one is missing");
  ok(!store.continues(hello([message(3, "agent", { text: "another" })]), 2));
  ok(!store.continues(hello([message(3, "agent", { time: 1 })]), 2));
  ok(!store.continues(hello([]), 2));
});

test("an answer without the message that is asked from contradicts nothing", () => {
  const store = filled(3);
  ok(!store.contradicts(hello([message(4)]), 2));
  ok(store.contradicts(hello([message(3, "agent", { text: "another" })]), 2));
});

test("what is new of an answer is told once", () => {
  const store = filled(2);
  deepEqual(
    store.take(hello([message(2), message(3)]), false).map((m) => m.seq),
    [3],
  );
  deepEqual(store.take(hello([message(2), message(3)]), false), []);
  deepEqual(seqs(store), [1, 2, 3]);
});

test("a whole answer takes the place of what was there", () => {
  const store = filled(5);
  store.take(hello([message(8), message(9)], { earlier: true }), true);
  deepEqual(seqs(store), [8, 9]);
  ok(store.earlier);
});

test("a message that comes twice is there once", () => {
  const store = filled(1);
  ok(store.receive(message(2)));
  ok(!store.receive(message(2)));
  deepEqual(seqs(store), [1, 2]);
  equal(store.unread, 2);
});

test("a message of one's own is read, with all before it, and reopens", () => {
  const store = filled(2);
  store.conversation!.status = "resolved";
  store.receive(message(3, "visitor"));
  deepEqual(store.conversation, state("open", 3, 3, 0));
});

test("an older message changes nothing of the state", () => {
  const store = filled(0);
  store.conversation = state("resolved", 9, 9, 0);
  store.receive(message(4, "agent"));
  deepEqual(store.conversation, state("resolved", 9, 9, 0));
});

test("reading is told once", () => {
  const store = filled(3);
  equal(store.seen(), 3);
  equal(store.unread, 0);
  equal(store.seen(), 0);
  store.receive(message(4));
  equal(store.seen(), 4);
});

test("nothing is read where nothing is", () => {
  const store = new Store(() => {});
  equal(store.seen(), 0);
});

test("a message leaves the outbox however it arrives", () => {
  const store = filled(1);
  store.outbox = [draft("a"), draft("b"), draft("c")];
  store.receive(message(2, "visitor", { cid: "b" }));
  deepEqual(
    store.outbox.map((m) => m.cid),
    ["a", "c"],
  );
  ok(store.acknowledge("a", 3, 3000));
  ok(!store.acknowledge("a", 3, 3000), "only once");
  store.take(hello([message(4, "visitor", { cid: "c" })]), false);
  equal(store.outbox.length, 0);
  deepEqual(seqs(store), [1, 2, 3, 4]);
});

test("forgetting leaves nothing but what was just written", () => {
  const store = filled(3);
  store.set({ typing: "Anna", veiled: true, trouble: true });
  store.outbox = [draft("old", 10), draft("new", 30)];
  const { era } = store;
  store.forget(20);
  deepEqual(
    store.outbox.map((m) => m.cid),
    ["new"],
  );
  deepEqual(
    [store.who, store.messages.length, store.conversation, store.me, store.typing, store.veiled, store.trouble],
    ["none", 0, undefined, undefined, "", false, false],
  );
  ok(store.era > era, "answers to older questions don't count");
  store.forget();
  equal(store.outbox.length, 0);
});

test("the place that was read is fetched, told apart from the end, and forgotten with the rest", () => {
  const store = new Store(() => {});
  store.take(hello([message(8), message(9, "visitor", { cid: "mine" })], { earlier: true }), true);
  equal(store.reading, undefined, "the end");
  store.place = { bubble: "mine", y: 12 };
  deepEqual(store.reading, { seq: 9, y: 12 });
  store.goal = { seq: 3, y: 7 };
  equal(store.seeking, true);
  equal(store.goalHere, undefined);
  deepEqual(store.reading, { seq: 3, y: 7 }, "on the way there");
  store.prepend([message(2), message(3), message(4), message(5), message(6), message(7)], true);
  equal(store.seeking, false);
  deepEqual(store.goalHere, { bubble: "3", y: 7 });
  store.forget();
  equal(store.reading, undefined);
  equal(store.seeking, false);
});
