// Keeps the chat in step with the server: who the visitor is, what is new, and
// by which way, socket or polling.
import * as texts from "#texts/visitor";
import { abortUploads } from "#transfer";
import { Backoff } from "../shared/backoff";
import { Connection, changed, ended, noSession, reopenDelay } from "../shared/connection";
import { retryDelay } from "../shared/errors";
import { type Host, staleDelays } from "../shared/host";
import type { FromVisitor, Message, ToVisitor, VisitorHello } from "../shared/operations";
import { conv, type Link, VisitorOutbox } from "./outbox";
import { barsSocket } from "./policy";
import type { Store } from "./store";
import { Tagging } from "./tags";

/** Failures to open the socket in a row before polling begins. */
const failuresToPoll = 2;
const pollInterval = 4000;
const hiddenPollInterval = 30_000;
/** While polling, the socket is tried again this often. */
const socketInterval = 60_000;
/** Sockets that are lost for no reason given are reopened within this time, at random. */
const reopenSpread = 3000;
/** With no session there is only the agents' presence to keep up with. */
const presenceInterval = 60_000;
/** After a change of the hours, visitors ask within this time, at random. */
const hoursSpread = 15_000;
/** What setTimeout takes. */
const longestTimeout = 2 ** 31 - 1;
/** What was written within this time outlives the end of a session. */
const justWritten = 60_000;

export class Session implements Link {
  readonly outbox: VisitorOutbox;
  readonly tags: Tagging;
  private _connection: Connection<ToVisitor, FromVisitor>;
  private _backoff = new Backoff();
  private _failures = barsSocket() ? Infinity : 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** Runs when the chat opens, or closes, by its hours. */
  private _hoursTimer: ReturnType<typeof setTimeout> | undefined;
  private _asking = false;
  /** Whether to ask once more, and then for everything. */
  private _askAgain: boolean | undefined;
  private _stale = 0;
  private _socketTried = 0;
  private _asleep = false;
  /** How often the server wants to hear by HTTP who is there while the socket is open, in milliseconds; 0: not at all. */
  private _helloInterval = 0;
  /** Called with each message that comes while we listen. */
  arrived: (message: Message) => void = () => {};
  /** The session in which something was left to this page; undefined where nothing waits. */
  left: () => string | undefined = () => undefined;
  /** Called with whether that goes on in the present one. */
  resumed: (theirs: boolean) => void = () => {};
  /** What the socket's hello asked for, and what was the last message then. */
  private _socketAfter: number | undefined;
  private _socketSeen = 0;

  constructor(
    private _host: Host,
    private _store: Store,
  ) {
    this.outbox = new VisitorOutbox(_host, _store, this);
    this.tags = new Tagging(_host, _store);
    const url = location.origin.replace(/^http/, "ws") + _host.config.path + "/socket";
    this._connection = new Connection(url, ["send", "here"], {
      hello: () => {
        this._socketSeen = _store.last;
        return { mark: _host._tabSecret(), after: (this._socketAfter = _store.after), page: _host._currentPage() };
      },
      onFrame: (frame) => this._onFrame(frame),
      // Nobody waits for what comes to a chat that is not looked at.
      onQuiet: () => _store.open && !document.hidden && this.send({ t: "here" }),
      onClosed: (code, greeted) => this._onClosed(code, greeted),
    });
  }

  get live(): boolean {
    return this._connection.ready;
  }

  get polling(): boolean {
    return this._failures >= failuresToPoll;
  }

  send(frame: FromVisitor): boolean {
    return this._connection.send(frame);
  }

  /** Asks by HTTP who the visitor is and what is new; whole: everything anew. */
  async ask(whole = false): Promise<void> {
    if (this._asking) {
      this._askAgain = whole || !!this._askAgain;
      return;
    }
    this._asking = true;
    this._askAgain = undefined;
    const era = this._store.era;
    await this._host._hasSession();
    const after = whole ? undefined : this._store.after;
    const tabSecret = this._host._tabSecret();
    const seen = this._store.last;
    const from = this.left();
    const answer = await this._host.post("hello", { after, from, page: this._host._currentPage() });
    this._asking = false;
    if (this._asleep) return;
    // A session began meanwhile: the answer knows nothing of it.
    if (tabSecret !== this._host._tabSecret()) return this.ask(whole);
    if (era !== this._store.era) return this._store.open ? this.ask(true) : undefined;
    if (answer.t === "hello") this.greeted(answer, after, seen, from);
    else if (answer.t === "reset") this._host._sessionEnded();
    else this._failed(answer.t === "error" ? answer.retry : undefined);
    if (this._askAgain !== undefined) this.ask(this._askAgain);
  }

  /** Takes the answer to a hello that was sent with after and from, when seen was the last message. */
  greeted(hello: VisitorHello, after?: number, seen = this._store.last, from?: string): void {
    const { _store: store, _host: host } = this;
    if (hello.stale && this._stale < staleDelays.length) return this._later(staleDelays[this._stale++]!);
    this._stale = 0;
    this._backoff.reset();
    this._helloInterval = (hello.repeat ?? 0) * 1000;
    this._followHours(hello.hours?.change);
    if (hello.who === "none") return this._lapsed(hello);
    // Something came by the other way since: this answer is from before.
    if (store.last !== seen) return void this.ask();
    const signedIn = store.who === "anonymous" && hello.who === "person";
    const other = store.who !== "none" && !signedIn && this._isOther(hello, after);
    if (other) store.forget();
    if (after !== undefined && (other || !store.continues(hello, after))) return void this.ask(true);
    if (hello.who === "person") host._keepTabSecret(undefined);
    else if (hello.mark) host._keepTabSecret(hello.mark);
    const fresh = store.take(hello, after === undefined);
    if (from) this.resumed(!!hello.resumed);
    if (after !== undefined) fresh.forEach(this.arrived);
    if (fresh.length && hello.conversation && hello.conversation.last > store.last) this.ask(); // there is more
    if (hello.conversation) this.tags.flush();
    this.outbox.setWaiting(false);
    this._connect();
    this.outbox.flush(conv);
  }

  /** Whether an answer is about someone else than what is shown: a person's page may have slept through a switch. */
  private _isOther(hello: VisitorHello, after: number | undefined): boolean {
    const { _store: store } = this;
    return (
      hello.who !== store.who ||
      hello.session !== store.session ||
      hello.me?.email !== store.me?.email ||
      (after !== undefined && store.contradicts(hello, after)) ||
      (hello.conversation?.last ?? 0) < store.last
    );
  }

  /** There is no session, or no longer. */
  private _lapsed(hello: VisitorHello): void {
    this._disconnect();
    this._host._keepTabSecret(undefined);
    if (this._store.who !== "none") this._store.forget(Date.now() - justWritten);
    this._store.take(hello, true);
    this.resumed(false);
    this._later(presenceInterval);
    this.outbox.flush(conv);
  }

  private _failed(retry: number | undefined): void {
    if (!this.live) {
      this._store.set({ trouble: true });
      this.outbox.setWaiting(true);
    }
    this._later(retryDelay(retry, this._backoff));
  }

  /** By socket if it can be had, else by asking again and again. */
  private _connect(): void {
    clearTimeout(this._timer);
    if (this._asleep) return;
    if (this.live) return this._helloInterval ? this._later(this._helloInterval) : undefined;
    const now = Date.now();
    if (!this.polling || (this._failures < Infinity && now - this._socketTried > socketInterval)) {
      this._socketTried = now;
      this._connection.open();
    }
    if (this.polling) this._later(document.hidden ? hiddenPollInterval : pollInterval);
  }

  private _onFrame(frame: ToVisitor): void {
    const { _store: store, _host: host } = this;
    if (frame.t === "hello") {
      this._failures = 0;
      this.outbox.restart();
      this.greeted(frame, this._socketAfter, this._socketSeen);
    } else if (frame.t === "message") {
      if (frame.m.seq > store.last + 1) return void this.ask();
      if (store.receive(frame.m)) this.arrived(frame.m);
    } else if (frame.t === "state") store.change(frame);
    else if (frame.t === "typing") store.set({ typing: frame.on ? frame.name || texts.someone : "" });
    else if (frame.t === "online") store.set({ online: frame.on });
    else if (frame.t === "ack" || frame.t === "error") this.outbox.answered(frame);
    else if (frame.t === "reset") host._sessionEnded();
    else if (frame.t === "again") this._startOver();
  }

  /** The visitor may be another. */
  private _startOver(): void {
    this._disconnect();
    this.ask();
  }

  private _onClosed(code: number, greeted: boolean): void {
    this._store.set({ typing: "" });
    this.outbox.restart();
    if (this._asleep) return;
    if (code === ended) return this._host._sessionEnded();
    if (code === changed) return this._startOver();
    if (code === noSession && greeted) return; // what hello said has been seen to
    if (greeted && !code) return this.renew(); // it was dead without knowing
    if (greeted) return this._later(reopenDelay(code) ?? Math.random() * reopenSpread);
    this._failures++;
    if (this.polling) this.ask();
    else this._later(this._backoff.next());
  }

  /** Asks anew when the hours change; not all visitors in the same moment. */
  private _followHours(seconds: number | undefined): void {
    clearTimeout(this._hoursTimer);
    const wait = seconds && Math.min(seconds * 1000 + Math.random() * hoursSpread, longestTimeout);
    if (wait) this._hoursTimer = setTimeout(() => this._askIfWanted(), wait);
  }

  private _later(wait: number): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._askIfWanted(), wait);
  }

  private _askIfWanted(): void {
    if (this._store.who !== "none" || this._store.open || this.outbox.next(conv)) this.ask();
  }

  /** What the socket has not answered goes again, by whatever way there is. */
  private _disconnect(): void {
    this._connection.close();
    this.outbox.restart();
  }

  /** The way may be open again, or the visitor may be another: ask now. */
  wake(): void {
    this._asleep = false;
    this._backoff.reset();
    this.ask();
  }

  /** Reopens the socket, which after a sleep or a change of network may be dead without knowing. */
  renew(): void {
    this._disconnect();
    abortUploads();
    this.wake();
  }

  /** Ends all traffic until wake. */
  sleep(): void {
    this._asleep = true;
    clearTimeout(this._timer);
    clearTimeout(this._hoursTimer);
    this._disconnect();
    this.outbox.leave();
  }

  /** The session has ended. */
  ended(): void {
    clearTimeout(this._timer);
    this._disconnect();
    this._store.forget();
    if (this._store.open && !this._asleep) this.ask(true);
  }
}
