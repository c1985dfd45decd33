// Keeps the chat in step with the server: who the visitor is, what is new, and
// by which way, socket or polling.
import * as texts from "#texts/visitor";
import { Backoff } from "../shared/backoff";
import { abortUploads } from "../shared/files";
import type { Frame, Hello, Message } from "../shared/frames";
import { type Host, staleDelays } from "../shared/host";
import { type Line, Outbox } from "./outbox";
import { barsSocket } from "./policy";
import { Socket } from "./socket";
import type { Store } from "./store";

/** Failures to open the socket in a row before polling begins. */
const failuresToPoll = 2;
const pollEvery = 4000;
const pollHiddenEvery = 30000;
/** While polling, the socket is tried again this often. */
const socketEvery = 60000;
/** A socket silent for so long, while someone looks, is asked for a sign of life: it may be dead without knowing. */
const silence = 60000;
/** Without one by then it is renewed. */
const patience = 10000;
/** With no session there is only the agents' presence to keep up with. */
const presenceEvery = 60000;
/** What was written within this time outlives a session that lapsed. */
const justWritten = 60000;

export class Session implements Line {
  readonly outbox: Outbox;
  private socket: Socket;
  private backoff = new Backoff();
  private failures = barsSocket() ? Infinity : 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private askAgain: "no" | "more" | "whole" = "no";
  private stale = 0;
  private socketTried = 0;
  private asleep = false;
  /** Called with each message that comes while we listen. */
  received: (message: Message) => void = () => {};
  /** What the socket's hello asked for, and what was the last message then. */
  private socketAfter: number | undefined;
  private socketSeen = 0;

  constructor(
    private host: Host,
    private store: Store,
  ) {
    this.outbox = new Outbox(host, store, this);
    this.socket = new Socket(location.origin.replace(/^http/, "ws") + host.config.path + "/socket", {
      hello: () => {
        this.socketSeen = store.last;
        return { mark: host.tabSecret(), after: (this.socketAfter = store.after), page: host.currentPage() };
      },
      frame: (frame) => this.hear(frame),
      closed: (code, greeted) => this.closed(code, greeted),
    });
  }

  get live(): boolean {
    return this.socket.ready;
  }

  get polling(): boolean {
    return this.failures >= failuresToPoll;
  }

  send(frame: object): boolean {
    return this.socket.send(frame);
  }

  /** Asks by HTTP who the visitor is and what is new; whole: everything anew. */
  async ask(whole = false): Promise<void> {
    if (this.asking) {
      this.askAgain = whole ? "whole" : this.askAgain === "no" ? "more" : this.askAgain;
      return;
    }
    this.asking = true;
    this.askAgain = "no";
    const era = this.store.era;
    await this.host.hasSession();
    const after = whole ? undefined : this.store.after;
    const mark = this.host.tabSecret();
    const seen = this.store.last;
    const answer = await this.host.post("hello", { after, page: this.host.currentPage() });
    this.asking = false;
    if (this.asleep) return;
    // A session began meanwhile: the answer knows nothing of it.
    if (mark !== this.host.tabSecret()) return this.ask(whole);
    if (era !== this.store.era) return this.store.open ? this.ask(true) : undefined;
    if (answer.t === "hello") this.greeted(answer, after, seen);
    else if (answer.t === "reset") this.host.sessionEnded();
    else this.failed(answer.t === "error" ? answer.retry : undefined);
    if (this.askAgain !== "no") this.ask(this.askAgain === "whole");
  }

  /** Takes the answer to a hello that was sent with after, when seen was the last message. */
  greeted(hello: Hello, after?: number, seen = this.store.last): void {
    const { store, host } = this;
    if (hello.stale && this.stale < staleDelays.length) return this.later(staleDelays[this.stale++]!);
    this.stale = 0;
    this.backoff.reset();
    if (hello.who === "none") return this.lapsed(hello);
    // Something came by the other way since: this answer is from before.
    if (store.last !== seen) return void this.ask();
    const signedIn = store.who === "anonymous" && hello.who === "person";
    const other = store.who !== "none" && !signedIn && this.isOther(hello, after);
    if (other) store.forget();
    if (after !== undefined && (other || !store.continues(hello, after))) return void this.ask(true);
    if (hello.who === "person") host.keepTabSecret(undefined);
    else if (hello.mark) host.keepTabSecret(hello.mark);
    const fresh = store.take(hello, after === undefined);
    if (after !== undefined) fresh.forEach(this.arrived);
    if (fresh.length && hello.conversation && hello.conversation.last > store.last) this.ask(); // there is more
    if (hello.conversation) host.conversationExists();
    this.outbox.settle();
    this.connect();
    this.outbox.flush();
  }

  /** Whether an answer is about someone else than what is shown: a person's page may have slept through a switch. */
  private isOther(hello: Hello, after: number | undefined): boolean {
    const { store } = this;
    return (
      hello.who !== store.who ||
      hello.me?.email !== store.me?.email ||
      (after !== undefined && store.contradicts(hello, after)) ||
      (hello.conversation?.last ?? 0) < store.last
    );
  }

  /** There is no session, or no longer. */
  private lapsed(hello: Hello): void {
    this.socket.close();
    this.host.keepTabSecret(undefined);
    if (this.store.who !== "none") this.store.forget(Date.now() - justWritten);
    this.store.take(hello, true);
    this.later(presenceEvery);
    this.outbox.flush();
  }

  private failed(retry: number | undefined): void {
    this.store.set({ trouble: true });
    this.outbox.stall();
    this.later(retry ? retry * 1000 : this.backoff.next());
  }

  /** By socket if it can be had, else by asking again and again. */
  private connect(): void {
    if (this.asleep || this.live) return this.later(silence);
    const now = Date.now();
    if (!this.polling || (this.failures < Infinity && now - this.socketTried > socketEvery)) {
      this.socketTried = now;
      this.socket.open();
    }
    if (this.polling) this.later(document.hidden ? pollHiddenEvery : pollEvery);
  }

  private hear(frame: Frame): void {
    const { store, host } = this;
    this.later(silence);
    if (frame.t === "hello") {
      this.failures = 0;
      this.outbox.restart();
      this.greeted(frame, this.socketAfter, this.socketSeen);
    } else if (frame.t === "message") {
      if (frame.m.seq > store.last + 1) return void this.ask();
      if (store.receive(frame.m)) this.arrived(frame.m);
    } else if (frame.t === "state") {
      const { status, last, read, unread, agent } = frame;
      store.conversation = { status, last, read, unread, ...(agent && { agent }) };
      store.set({});
    } else if (frame.t === "typing") store.set({ typing: frame.on ? frame.name || texts.someone : "" });
    else if (frame.t === "online") store.set({ online: frame.on });
    else if (frame.t === "ack" || frame.t === "error") this.outbox.answered(frame);
    else if (frame.t === "reset") host.sessionEnded();
    else if (frame.t === "again") this.again();
  }

  arrived = (message: Message): void => {
    this.host.emit("message", message);
    this.received(message);
  };

  private again(): void {
    this.socket.close();
    this.ask();
  }

  private closed(code: number, greeted: boolean): void {
    this.store.set({ typing: "" });
    this.outbox.restart();
    if (this.asleep) return;
    if (code === 4003) return this.host.sessionEnded();
    if (code === 4005) return this.again();
    if (code === 4002 && greeted) return; // what hello said has been seen to
    if (greeted) return this.later(code === 4004 ? 0 : Math.random() * 3000);
    this.failures++;
    if (this.polling) this.ask();
    else this.later(this.backoff.next());
  }

  private later(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.live) this.doubt();
      else if (this.store.who !== "none" || this.store.open) this.ask();
    }, wait);
  }

  /** Nothing was heard on the socket for a while. */
  private doubt(): void {
    if (!this.store.open || document.hidden) return this.later(silence);
    this.send({ t: "here" });
    this.timer = setTimeout(() => this.renew(), patience);
  }

  /** The way may be open again, or the visitor may be another: ask now. */
  wake(): void {
    this.asleep = false;
    this.backoff.reset();
    this.ask();
  }

  /** Reopens the socket, which after a sleep or a change of network may be dead without knowing. */
  renew(): void {
    this.socket.close();
    this.outbox.restart();
    abortUploads();
    this.wake();
  }

  /** Ends all traffic until wake. */
  sleep(): void {
    this.asleep = true;
    clearTimeout(this.timer);
    this.socket.close();
    this.outbox.leave();
  }

  /** The session has ended. */
  ended(): void {
    clearTimeout(this.timer);
    this.socket.close();
    this.outbox.restart();
    this.store.forget();
    if (this.store.open && !this.asleep) this.ask(true);
  }
}
