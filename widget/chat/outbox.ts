// Messages on their way: each is sent, with the same client id, until the
// server has it or refuses it for good.
import type { Frame } from "../shared/frames";
import type { Host } from "../shared/host";
import { Backoff, clientID } from "./backoff";
import type { Session } from "./session";
import type { Store } from "./store";

/** A socket that does not acknowledge for so long is taken for dead, in milliseconds. */
const patience = 10000;

/** Codes of errors that pass. */
const passing = ["unavailable", "no_session", "rate_limited"];

type Answer = Extract<Frame, { t: "ack" | "error" }>;

export class Outbox {
  private backoff = new Backoff();
  private sent = new Set<string>();
  private busy = false;
  private startAfter = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private host: Host,
    private store: Store,
    private session: Session,
  ) {}

  add(text: string): void {
    this.store.set({ outbox: [...this.store.outbox, { cid: clientID(), text, time: Date.now(), state: "sending" }] });
    this.flush();
  }

  /** Sends once more what was given up. */
  again(cid: string): void {
    this.sent.delete(cid);
    this.store.mark(cid, "sending");
    this.flush();
  }

  /** Sends what can be sent now. */
  async flush(): Promise<void> {
    if (this.busy || !this.store.outbox.some((d) => d.state != "failed")) return;
    clearTimeout(this.retry);
    if (this.session.live && this.store.who != "none") return this.bySocket();
    if (this.store.who != "none" && !this.session.polling && !this.store.trouble) return; // the socket is on its way
    this.busy = true;
    const { era, who } = this.store;
    if (who == "none") await this.start();
    else await this.byRequest();
    this.busy = false;
    if (era != this.store.era || who != this.store.who) this.flush();
  }

  private bySocket(): void {
    for (const { cid, text, state } of this.store.outbox) {
      if (state == "failed" || this.sent.has(cid)) continue;
      this.sent.add(cid);
      this.session.send({ t: "send", cid, text });
    }
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.sent.size) this.session.renew();
    }, patience);
  }

  /** The first message of someone unknown makes the session. */
  private async start(): Promise<void> {
    // Where the browser keeps no cookies each session lapses at once: no endless row of them.
    const early = this.startAfter - Date.now();
    if (early > 0) return this.later(early);
    this.startAfter = Date.now() + this.backoff.next();
    const answer = await this.host.post("start");
    if (answer.t != "hello" || answer.who == "none") return this.wait(answer);
    this.session.greeted(answer);
  }

  private async byRequest(): Promise<void> {
    const draft = this.store.outbox.find((d) => d.state != "failed");
    if (!draft) return;
    const { cid, text } = draft;
    const { era } = this.store;
    const answer = await this.host.post("send", { cid, text });
    if (answer.t == "reset") return this.host.ended();
    if (answer.t == "again") return void this.session.ask();
    if (answer.t == "ack" || answer.t == "error") this.answered({ ...answer, cid });
    if (answer.t == "ack" && era == this.store.era) return this.byRequest();
  }

  /** Takes the server's answer to one message. */
  answered(answer: Answer): void {
    const { cid } = answer;
    if (!cid) return;
    this.sent.delete(cid);
    if (answer.t == "ack") {
      this.backoff.reset();
      this.host.settled();
      if (answer.seq > this.store.last + 1) return void this.session.ask(); // something else came first
      const draft = this.store.outbox.find((d) => d.cid == cid);
      if (this.store.acknowledge(cid, answer.seq, answer.time)) {
        this.session.arrived({ seq: answer.seq, time: answer.time, from: "visitor", text: draft!.text });
      }
      if (this.store.trouble) this.store.set({ trouble: false });
    } else if (passing.includes(answer.code)) {
      if (answer.code == "no_session") this.session.ask();
      this.wait(answer);
    } else {
      this.store.mark(cid, "failed");
      this.host.emit("error", answer);
    }
  }

  private wait(answer: Frame): void {
    const failure = answer.t == "error" ? answer : undefined;
    this.stall();
    if (!failure || failure.code == "unavailable") this.store.set({ trouble: true });
    this.later(failure?.retry ? failure.retry * 1000 : this.backoff.next());
  }

  private later(wait: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.flush(), wait);
  }

  /** No contact: what is under way waits, and the visitor may know. */
  stall(): void {
    for (const { cid, state } of this.store.outbox) if (state == "sending") this.store.mark(cid, "waiting");
  }

  /** Contact again: what waited is on its way. */
  settle(): void {
    for (const { cid, state } of this.store.outbox) if (state == "waiting") this.store.mark(cid, "sending");
  }

  /** The socket is another: all that it has not acknowledged is sent again. */
  restart(): void {
    clearTimeout(this.watch);
    this.sent.clear();
  }

  /** The page goes: what is under way is handed to the browser, which finishes without us. */
  leave(): void {
    if (this.store.who == "none") return;
    for (const { cid, text, state } of this.store.outbox) if (state != "failed") this.host.post("send", { cid, text }, true);
  }
}
