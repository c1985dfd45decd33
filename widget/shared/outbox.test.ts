import { deepEqual, equal, ok } from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { ErrorCode, Failure, Uploaded } from "./operations";
import { body, Outbox, type Outgoing } from "./outbox";

const failure = (code: ErrorCode, retry?: number): Failure => ({
  t: "error",
  code,
  text: code,
  ...(retry && { retry }),
});

/** An outbox whose way to the server is in the test's hands. */
class TestOutbox extends Outbox {
  messages: readonly Outgoing[] = [];
  /** The texts that were handed over, in order. */
  sent: string[] = [];
  cids: string[] = [];
  /** What send gives. */
  way: boolean | Promise<boolean> = true;
  uploads: { file: File; answer: (answer: Uploaded | Failure) => void }[] = [];
  uploadable = true;

  protected _canUpload() {
    return this.uploadable;
  }
  protected _upload(_: Outgoing, file: File) {
    return new Promise<Uploaded | Failure>((answer) => this.uploads.push({ file, answer }));
  }
  protected _send(message: Outgoing) {
    if (this.way) {
      this.sent.push(message.text);
      this.cids.push(message.cid);
    }
    return this.way;
  }
  protected _giveUp(_: Outgoing, { code }: Failure, tries: number) {
    return code !== "rate_limited" || tries >= 3;
  }

  cid(text: string): string {
    return this.messages.find((m) => m.text === text)!.cid;
  }
  /** The server acknowledges a message. */
  deliver(text: string) {
    const { cid, conv } = this.messages.find((m) => m.text === text)!;
    this.messages = this.messages.filter((m) => m.cid !== cid);
    this.flush(conv);
  }
}

const file = (name: string) => new File(["x"], name);
const uploaded = (id: string): Uploaded => ({ t: "uploaded", id, name: id, type: "text/plain", size: 1 });
/** Lets what was answered take effect. */
const settle = () =>
  new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("messages go one after the other", () => {
  const box = new TestOutbox();
  for (const text of ["one", "two", "three"]) box.add("", text, []);
  deepEqual(box.sent, ["one"]);
  box.deliver("one");
  deepEqual(box.sent, ["one", "two"]);
  box.deliver("two");
  box.deliver("three");
  deepEqual(box.sent, ["one", "two", "three"]);
  equal(box.messages.length, 0);
});

test("conversations don't wait for each other", () => {
  const box = new TestOutbox();
  box.add("a", "to a", []);
  box.add("b", "to b", []);
  box.add("a", "to a again", []);
  deepEqual(box.sent, ["to a", "to b"]);
  box.deliver("to b");
  deepEqual(box.sent, ["to a", "to b"]);
  box.deliver("to a");
  deepEqual(box.sent, ["to a", "to b", "to a again"]);
});

test("what can't be sent waits for a flush", () => {
  const box = new TestOutbox();
  box.way = false;
  box.add("", "one", []);
  deepEqual(box.sent, []);
  box.way = true;
  box.flush("");
  deepEqual(box.sent, ["one"]);
});

test("a flush sends nothing twice over one connection", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  box.flush("");
  deepEqual(box.sent, ["one"]);
});

test("over another connection it goes once more, with the same client id", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  box.add("", "two", []);
  box.restart();
  box.flush("");
  deepEqual(box.sent, ["one", "one"]);
  equal(box.cids[0], box.cids[1]);
  box.deliver("one");
  deepEqual(box.sent, ["one", "one", "two"]);
});

test("a message that is held up is not overtaken", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  box.add("", "two", []);
  box.refused(box.cid("one"), failure("rate_limited", 7));
  deepEqual(box.sent, ["one"]);
  mock.timers.tick(6_999);
  deepEqual(box.sent, ["one"], "the server said when");
  mock.timers.tick(1);
  deepEqual(box.sent, ["one", "one"]);
  equal(box.cids[0], box.cids[1]);
});

test("without the server's word each wait is longer, until the message is given up", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  box.add("", "two", []);
  for (const [sent, most] of [
    [2, 1000],
    [3, 2000],
    [4, 4000],
  ] as const) {
    box.refused(box.cid("one"), failure("rate_limited"));
    mock.timers.tick(most / 2 - 1);
    equal(box.sent.length, sent - 1);
    mock.timers.tick(most / 2 + 1);
    equal(box.sent.length, sent);
  }
  box.refused(box.cid("one"), failure("rate_limited"));
  equal(box.messages[0]!.failed, "rate_limited");
  deepEqual(box.sent, ["one", "one", "one", "one", "two"], "the next may go");
});

test("what was given up goes again when asked for, before what came after it", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  const cid = box.cid("one");
  box.refused(cid, failure("too_long"));
  equal(box.messages[0]!.failed, "too_long");
  box.flush("");
  deepEqual(box.sent, ["one"]);
  box.retry(cid);
  equal(box.messages[0]!.failed, "");
  deepEqual(box.cids, [cid, cid]);
});

test("a refusal of what is not there any more changes nothing", () => {
  const box = new TestOutbox();
  box.refused("nothing", failure("too_long"));
  equal(box.messages.length, 0);
});

test("files go first, one after the other, then the message with their ids", async () => {
  const box = new TestOutbox();
  box.add("", "with files", [file("a"), file("b")]);
  box.add("", "after", []);
  deepEqual(
    box.uploads.map((u) => u.file.name),
    ["a"],
  );
  box.uploads[0]!.answer(uploaded("id-a"));
  await settle();
  equal(box.uploads[1]!.file.name, "b");
  deepEqual(box.sent, []);
  box.uploads[1]!.answer(uploaded("id-b"));
  await settle();
  deepEqual(box.sent, ["with files"]);
  deepEqual<unknown>(body(box.messages[0]!).attachments, ["id-a", "id-b"]);
});

test("an upload that fails is tried again, and what is there is not sent twice", async () => {
  const box = new TestOutbox();
  box.add("", "", [file("a"), file("b")]);
  box.uploads[0]!.answer(uploaded("id-a"));
  await settle();
  box.uploads[1]!.answer(failure("rate_limited", 1));
  await settle();
  mock.timers.tick(1000);
  deepEqual(
    box.uploads.map((u) => u.file.name),
    ["a", "b", "b"],
  );
});

test("uploads that the server has lost go once more, but only once", async () => {
  const box = new TestOutbox();
  box.add("", "text", [file("a")]);
  box.uploads[0]!.answer(uploaded("old"));
  await settle();
  box.refused(box.cid("text"), failure("no_upload"));
  equal(box.uploads.length, 2);
  box.uploads[1]!.answer(uploaded("new"));
  await settle();
  deepEqual<unknown>(body(box.messages[0]!).attachments, ["new"]);
  box.refused(box.cid("text"), failure("no_upload"));
  equal(box.messages[0]!.failed, "no_upload");
  equal(box.uploads.length, 2);
  box.retry(box.cid("text"));
  equal(box.uploads.length, 3, "they are worth nothing any more: a retry uploads them");
});

test("where files can't be uploaded the message is offered as it is", () => {
  const box = new TestOutbox();
  box.uploadable = false;
  box.way = false;
  box.add("", "text", [file("a")]);
  equal(box.uploads.length, 0);
});

test("an upload for a message that has left changes nothing", async () => {
  const box = new TestOutbox();
  box.add("", "text", [file("a")]);
  box.messages = [];
  box.uploads[0]!.answer(failure("too_large"));
  await settle();
  equal(box.messages.length, 0);
});

test("a message that moved to another conversation is sent there after its upload", async () => {
  const box = new TestOutbox();
  box.add("anonymous", "text", [file("a")]);
  box.messages = box.messages.map((m) => ({ ...m, conv: "person" }));
  box.uploads[0]!.answer(uploaded("id"));
  await settle();
  deepEqual(box.sent, ["text"]);
  equal(box.messages[0]!.conv, "person");
});

test("while a request is under way nothing else is sent", async () => {
  const box = new TestOutbox();
  let answer = (_: boolean) => {};
  box.way = new Promise<boolean>((resolve) => {
    answer = resolve;
  });
  box.add("", "one", []);
  box.add("", "two", []);
  box.restart();
  box.flush("");
  deepEqual(box.sent, ["one"], "it is none of the connection's");
  box.way = true;
  answer(true);
  await settle();
  deepEqual(box.sent, ["one", "one"], "it is still there: it goes on by the other way");
});

test("every message has a client id of its own", () => {
  const box = new TestOutbox();
  for (let i = 0; i < 100; i++) box.add("", `${i}`, []);
  equal(new Set(box.messages.map((m) => m.cid)).size, 100);
  ok(box.messages.every((m) => /^[0-9a-f]{32}$/.test(m.cid)));
});

test("what the server can't have is taken back, and the next goes", () => {
  const box = new TestOutbox();
  box.way = false;
  for (const text of ["one", "two", "three"]) box.add("", text, []);
  box.way = true;
  equal(box.takeBack(box.cid("one"))?.text, "one");
  deepEqual(box.sent, ["two"]);
  box.takeBack(box.cid("three"));
  box.deliver("two");
  deepEqual(box.sent, ["two"]);
  equal(box.messages.length, 0);
});

test("what may be on its way is not, unless the server refuses it for good", () => {
  const box = new TestOutbox();
  box.add("", "one", []);
  const cid = box.cid("one");
  equal(box.takeBack(cid), undefined);
  box.way = false;
  box.restart(); // the answer is lost
  box.flush("");
  equal(box.takeBack(cid), undefined);
  box.refused(cid, failure("rate_limited"));
  equal(box.takeBack(cid), undefined);
  box.refused(cid, failure("forbidden"));
  equal(box.takeBack(cid)?.text, "one");
  deepEqual(box.sent, ["one"]);
});

test("a message can be taken back while its file is on its way, and what waits goes", async () => {
  const box = new TestOutbox();
  box.add("", "with a file", [file("a")]);
  box.add("", "behind it", []);
  deepEqual(box.sent, []);
  const files = box.takeBack(box.cid("with a file"))?.files.map((f) => f.file.name);
  deepEqual(files, ["a"]);
  deepEqual(box.sent, ["behind it"]);
  box.uploads[0]!.answer(uploaded("a")); // it was there all the same
  await settle();
  deepEqual(box.sent, ["behind it"]);
});

test("with its session made, a message with a file can still be taken back", async () => {
  const box = new TestOutbox();
  box.uploadable = false;
  box.way = Promise.resolve(true);
  box.add("", "one", [file("a")]);
  box.uploadable = true;
  await settle();
  equal(box.uploads.length, 1);
  ok(box.takeBack(box.cid("one")));
});
