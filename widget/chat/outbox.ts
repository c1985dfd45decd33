// Messages on their way: each is sent, with the same client id, until the
// server has it or refuses it for good. One at a time, so that one that is
// refused for a while is not overtaken by the next.
import { Backoff } from "../shared/backoff";
import { ids, outgoing, unsent, upload } from "../shared/files";
import type { Attachment, Frame, Hello, Message } from "../shared/frames";
import { address, type Host } from "../shared/host";
import { clientID, secret } from "../shared/secret";
import type { Draft, Store } from "./store";

/** A socket that does not acknowledge for so long is taken for dead, in milliseconds. */
const patience = 10000;

/** Codes of errors that pass. */
const passing = ["unavailable", "no_session", "rate_limited"];

type Answer = Extract<Frame, { t: "ack" | "error" }>;

/** What an outbox needs of the session that it sends for. */
export interface Line {
  /** The socket is open and greeted. */
  readonly live: boolean;
  readonly polling: boolean;
  send(frame: object): boolean;
  ask(): unknown;
  renew(): void;
  greeted(hello: Hello): void;
  arrived(message: Message): void;
}

export class Outbox {
  private backoff = new Backoff();
  /** The client id that the socket has not acknowledged yet. */
  private sent = "";
  private busy = false;
  /** The mark of a session that is being started, and the era it is for. */
  private mark = "";
  private markEra = -1;
  private startAfter = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private host: Host,
    private store: Store,
    private line: Line,
  ) {}

  add(text: string, files: readonly File[]): void {
    const draft: Draft = { cid: clientID(), text, time: Date.now(), state: "sending", files: outgoing(files) };
    this.store.set({ outbox: [...this.store.outbox, draft] });
    this.flush();
  }

  /** Sends once more what was given up. */
  again(cid: string): void {
    this.store.mark(cid, "sending");
    this.flush();
  }

  private get next(): Draft | undefined {
    return this.store.outbox.find((d) => d.state !== "failed");
  }

  /** Sends what can be sent now. */
  async flush(): Promise<void> {
    if (this.busy || !this.next) return;
    clearTimeout(this.retry);
    if (this.store.who !== "none" && unsent(this.next.files)) return this.upload(this.next);
    if (this.line.live && this.store.who !== "none") return this.bySocket(this.next);
    if (this.store.who !== "none" && !this.line.polling && !this.store.trouble) return; // the socket is on its way
    this.busy = true;
    const { era, who } = this.store;
    if (who === "none") await this.start(this.next);
    else await this.byRequest();
    this.busy = false;
    if (era !== this.store.era || who !== this.store.who) this.flush();
  }

  /** The next file of a message goes first, in a request of its own. */
  private async upload({ cid, files }: Draft): Promise<void> {
    const next = unsent(files)!;
    this.busy = true;
    const { era } = this.store;
    const answer = await upload(address(this.host, "upload"), { mark: this.host.tabSecret() }, next.file, (part) =>
      this.store.progress(cid, part),
    );
    this.busy = false;
    if (era === this.store.era && answer.t === "error") return this.answered({ ...answer, cid });
    if (era === this.store.era) next.sent = answer as Attachment;
    this.flush();
  }

  private bySocket({ cid, text, files }: Draft): void {
    if (this.sent) return;
    this.sent = cid;
    this.line.send({ t: "send", cid, text, ...ids(files) });
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.sent) this.line.renew();
    }, patience);
  }

  /** The first message of someone unknown makes the session. */
  private async start(draft: Draft): Promise<void> {
    // Where the browser keeps no cookies each session lapses at once: no endless row of them.
    const early = this.startAfter - Date.now();
    if (early > 0) return this.later(early);
    this.startAfter = Date.now() + this.backoff.next();
    const { era } = this.store;
    const answer = await this.starting(draft);
    if (era !== this.store.era) return;
    if (answer.t === "hello" && answer.who !== "none") {
      this.markEra = -1;
      this.line.greeted(answer);
    } else if (answer.t === "error" && !passing.includes(answer.code)) {
      this.markEra = -1; // whatever is wrong, it may be with the mark
      if (answer.code === "conflict") this.wait(answer);
      else this.answered({ ...answer, cid: draft.cid });
    } else this.wait(answer);
  }

  /**
   * The mark is made here and not by the server: the same question again, after
   * an answer that got lost or on the way to another page, finds the same session.
   */
  private starting({ cid, text, files }: Draft): Promise<Frame> {
    const { era } = this.store;
    if (this.markEra !== era) this.mark = secret();
    this.markEra = era;
    // Files can be sent to a session that there is.
    const first = files.length ? {} : { cid, text };
    return this.host.post("start", { mark: this.mark, ...first, page: this.host.currentPage() }, true);
  }

  private async byRequest(): Promise<void> {
    if (!this.next || unsent(this.next.files)) return;
    const { cid, text, files } = this.next;
    const { era } = this.store;
    const answer = await this.host.post("send", { cid, text, ...ids(files) });
    if (answer.t === "reset") return this.host.sessionEnded();
    if (answer.t === "again") return void this.line.ask();
    if (answer.t === "ack" || answer.t === "error") this.answered({ ...answer, cid });
    if (answer.t === "ack" && era === this.store.era) return this.byRequest();
  }

  /** Takes the server's answer to one message. */
  answered(answer: Answer): void {
    const { cid } = answer;
    if (!cid) return;
    if (this.sent === cid) this.sent = "";
    if (answer.t === "ack") {
      this.backoff.reset();
      this.host.conversationExists();
      if (answer.seq > this.store.last + 1) return void this.line.ask(); // something else came first
      const draft = this.store.outbox.find((d) => d.cid === cid);
      if (this.store.acknowledge(cid, answer.seq, answer.time)) {
        this.line.arrived({ seq: answer.seq, time: answer.time, from: "visitor", text: draft!.text });
      }
      if (this.store.trouble) this.store.set({ trouble: false });
      this.flush();
    } else if (answer.code === "no_upload" && this.store.outbox.some((d) => d.cid === cid && !d.anew)) {
      this.store.anew(cid); // it waited too long: the files go once more
      this.flush();
    } else if (passing.includes(answer.code)) {
      if (answer.code === "no_session") this.line.ask();
      this.wait(answer);
    } else {
      this.store.mark(cid, "failed");
      this.host.emit("error", answer);
      this.flush();
    }
  }

  private wait(answer: Frame): void {
    const failure = answer.t === "error" ? answer : undefined;
    this.stall();
    if (!failure || failure.code === "unavailable") this.store.set({ trouble: true });
    this.later(failure?.retry ? failure.retry * 1000 : this.backoff.next());
  }

  private later(wait: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.flush(), wait);
  }

  /** No contact: what is under way waits, and the visitor may know. */
  stall(): void {
    for (const { cid, state } of this.store.outbox) if (state === "sending") this.store.mark(cid, "waiting");
  }

  /** Contact again: what waited is on its way. */
  settle(): void {
    for (const { cid, state } of this.store.outbox) if (state === "waiting") this.store.mark(cid, "sending");
  }

  /** The socket is another: all that it has not acknowledged is sent again. */
  restart(): void {
    clearTimeout(this.watch);
    this.sent = "";
  }

  /** The page goes: what is under way is handed to the browser, which finishes without us. */
  leave(): void {
    const known = this.store.who !== "none";
    this.store.set({ outbox: this.store.outbox.flatMap(parted) });
    for (const draft of this.store.outbox) {
      if (draft.state === "failed" || unsent(draft.files)) continue;
      const { cid, text, files } = draft;
      if (known) this.host.post("send", { cid, text, ...ids(files) }, true);
      else this.starting(draft);
    }
    // For the next page of this tab.
    if (!known && this.next) this.host.keepTabSecret(this.mark);
  }
}

/** What of a message can go now; and the files that can't, as one of their own, should the page come back. */
function parted(draft: Draft): Draft[] {
  const there = draft.files.filter((f) => f.sent);
  const rest = draft.files.filter((f) => !f.sent);
  if (draft.state === "failed" || !rest.length || !(draft.text || there.length)) return [draft];
  return [
    { ...draft, files: there },
    { ...draft, cid: clientID(), text: "", files: rest },
  ];
}
