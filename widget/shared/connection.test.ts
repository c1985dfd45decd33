import { deepEqual, equal, ok } from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Connection, reopenDelay } from "./connection";

/** The network's end of a socket. */
class Socket {
  static OPEN = 1;
  static all: Socket[] = [];
  readyState = 0;
  sent: { t: string }[] = [];
  onopen = () => {};
  onmessage = (_: { data: string }) => {};
  onclose = (_: { code: number }) => {};

  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(data: string) {
    this.sent.push(JSON.parse(data));
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }
  receive(frame: object) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  lose(code: number) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

type Frame = { t: string };

/** A connection with what its listener is told. */
function connection(hello?: () => object) {
  const told: string[] = [];
  const made = new Connection<Frame, Frame>("wss://example.com/socket", ["send"], {
    ...(hello && { hello }),
    onFrame: ({ t }) => told.push(t),
    onQuiet: () => told.push("quiet"),
    onClosed: (code, greeted) => told.push(`closed ${code} ${greeted}`),
  });
  made.open();
  return { made, told, socket: Socket.all[Socket.all.length - 1]! };
}

function greeted() {
  const all = connection();
  all.socket.open();
  all.socket.receive({ t: "hello" });
  return all;
}

beforeEach(() => {
  Object.assign(globalThis, { WebSocket: Socket });
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => mock.timers.reset());

test("nothing is sent before hello has come, but a hello of the client's own", () => {
  const { made, socket, told } = connection(() => ({ after: 7 }));
  ok(!made.send({ t: "send" }));
  socket.open();
  ok(!made.send({ t: "send" }));
  deepEqual<unknown>(socket.sent, [{ t: "hello", after: 7 }]);
  socket.receive({ t: "hello" });
  ok(made.send({ t: "send" }));
  deepEqual(told, ["hello"]);
});

test("one socket at a time", () => {
  const { made } = greeted();
  const before = Socket.all.length;
  made.open();
  equal(Socket.all.length, before);
});

test("a socket over which no hello comes is given up", () => {
  const { told, socket } = connection();
  socket.open();
  mock.timers.tick(7999);
  deepEqual(told, []);
  mock.timers.tick(1);
  deepEqual(told, ["closed 0 false"]);
});

test("a server that is silent is asked for a sign of life, again and again", () => {
  const { told } = greeted();
  mock.timers.tick(60_000);
  mock.timers.tick(60_000);
  deepEqual(told, ["hello", "quiet", "quiet"]);
});

test("a frame puts that off", () => {
  const { told, socket } = greeted();
  mock.timers.tick(59_999);
  socket.receive({ t: "online" });
  mock.timers.tick(59_999);
  deepEqual(told, ["hello", "online"]);
});

test("a socket over which an answer is owed and none comes is given up", () => {
  const { made, told, socket } = greeted();
  made.send({ t: "typing" });
  mock.timers.tick(10_000);
  deepEqual(told, ["hello"], "typing has no answer");
  made.send({ t: "send" });
  mock.timers.tick(9_999);
  made.send({ t: "send" });
  mock.timers.tick(1);
  deepEqual(told, ["hello", "closed 0 true"], "the first counts");
  equal(socket.readyState, 3);
});

test("any frame shows that the socket lives", () => {
  const { made, told, socket } = greeted();
  made.send({ t: "send" });
  mock.timers.tick(9_999);
  socket.receive({ t: "online" });
  mock.timers.tick(10_000);
  deepEqual(told, ["hello", "online"]);
});

test("the server's close code is told once, with whether it had greeted", () => {
  const { told, socket } = greeted();
  socket.lose(1012);
  socket.lose(1012);
  mock.timers.tick(600_000);
  deepEqual(told, ["hello", "closed 1012 true"]);
});

test("a closed connection says nothing of the socket that it had", () => {
  const { made, told, socket } = greeted();
  made.close();
  socket.receive({ t: "message" });
  socket.lose(1006);
  mock.timers.tick(600_000);
  deepEqual(told, ["hello"]);
  ok(!made.send({ t: "send" }));
});

test("a policy that throws is as good as a refusal", () => {
  Object.assign(globalThis, {
    WebSocket: class {
      constructor() {
        throw new Error("barred");
      }
    },
  });
  const told: string[] = [];
  const made = new Connection<Frame, Frame>("wss://example.com/socket", [], {
    onFrame: () => {},
    onQuiet: () => {},
    onClosed: (code, greeted) => told.push(`closed ${code} ${greeted}`),
  });
  made.open();
  deepEqual(told, []);
  mock.timers.tick(1);
  deepEqual(told, ["closed 0 false"]);
});

test("when to come back", () => {
  equal(reopenDelay(4004), 0, "who was too slow comes back at once");
  for (const code of [1001, 1012]) {
    const delays = Array.from({ length: 50 }, () => reopenDelay(code)!);
    ok(delays.every((delay) => delay >= 0 && delay < 3000));
    ok(new Set(delays).size > 40, "at random, after a restart");
  }
  for (const code of [0, 1006, 1011]) equal(reopenDelay(code), undefined);
});
