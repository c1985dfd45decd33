// The ways of a visitor's message to the server: by the socket, by a request
// where there is none, and with the request that makes the session.

import { upload } from "#transfer";
import { Backoff } from "../shared/backoff";
import { isTemporary, unreached } from "../shared/errors";
import { type OutgoingFile, unsent } from "../shared/files";
import { address, type Host } from "../shared/host";
import type { Ack, Failure, FromVisitor, Message, ToVisitor, VisitorHello } from "../shared/operations";
import { body, newAttempt, Outbox, type Outgoing } from "../shared/outbox";
import { clientID, secret } from "../shared/secret";
import type { Store } from "./store";

/** There is only one conversation. */
export const conv = "";

type Answer = Ack | Failure;

/** What is needed of the session that messages are sent in. */
export interface Link {
  /** The socket is open and greeted. */
  readonly live: boolean;
  readonly polling: boolean;
  send(frame: FromVisitor): boolean;
  ask(): unknown;
  greeted(hello: VisitorHello): void;
  arrived(message: Message): void;
  readonly tags: { flush(): unknown };
}

export class VisitorOutbox extends Outbox {
  /** The tab secret of a session that is being started, and the era that it is for. */
  private _newSecret = "";
  private _secretEra = -1;
  private _startAfter = 0;
  private _startBackoff = new Backoff();

  constructor(
    private _host: Host,
    private _store: Store,
    private _link: Link,
  ) {
    super();
  }

  get messages(): readonly Outgoing[] {
    return this._store.outbox;
  }

  set messages(outbox: readonly Outgoing[]) {
    this._store.set({ outbox });
  }

  protected _canUpload(): boolean {
    return this._store.who !== "none";
  }

  protected _upload(_: Outgoing, file: File, progress: (part: number) => void) {
    return upload(address(this._host, "upload"), { mark: this._host._tabSecret() }, file, progress);
  }

  protected _send(message: Outgoing): boolean | Promise<boolean> {
    const { _store: store, _link: link } = this;
    if (store.who !== "none") {
      if (link.live) return link.send({ t: "send", ...this._body(message) });
      // The socket is on its way.
      if (!link.polling && !store.trouble) return false;
      return this._untilChange(this._byRequest(message));
    }
    if (this._unheard()) return false;
    // Where the browser keeps no cookies each session lapses at once: no endless row of them.
    const early = this._startAfter - Date.now();
    if (early > 0) this._later(message, early);
    return early <= 0 && this._untilChange(this._start(message));
  }

  /** There may be a session, and the server has not said yet whose: both of its answers flush. */
  private _unheard(): boolean {
    return this._store.session === undefined && !!this._host._sessionCookie();
  }

  /** Resolves with whether the visitor has become another meanwhile. */
  private async _untilChange(work: Promise<void>): Promise<boolean> {
    const { era, who } = this._store;
    await work;
    return era !== this._store.era || who !== this._store.who;
  }

  /** The first message of someone unknown makes the session. */
  private async _start(message: Outgoing): Promise<void> {
    this._startAfter = Date.now() + this._startBackoff.next();
    const { era } = this._store;
    const answer = await this._requestStart(message);
    if (era !== this._store.era) return;
    if (answer.t === "hello" && answer.who !== "none") {
      this._secretEra = -1;
      return this._link.greeted(answer);
    }
    const failure = answer.t === "error" ? answer : unreached;
    // Whatever is wrong, it may be with the secret.
    if (failure.code === "conflict" || !isTemporary(failure.code)) this._secretEra = -1;
    this.refused(message.cid, failure);
  }

  /**
   * The tab secret is made here and not by the server: the same request again,
   * after an answer that got lost or on the way to another page, finds the same session.
   */
  private _requestStart(message: Outgoing): Promise<ToVisitor> {
    const { era } = this._store;
    if (this._secretEra !== era) this._newSecret = secret();
    this._secretEra = era;
    // Files can only be sent to a session that exists.
    const first = message.files.length ? {} : body(message);
    return this._host.post("start", { mark: this._newSecret, ...first, page: this._host._currentPage() }, true);
  }

  /** With the page, since a person's first message makes the conversation. */
  private _body(message: Outgoing) {
    return { ...body(message), page: this._host._currentPage() };
  }

  private async _byRequest(message: Outgoing): Promise<void> {
    const answer = await this._host.post("send", this._body(message));
    if (answer.t === "reset") this._host._sessionEnded();
    else if (answer.t === "again") this._link.ask();
    else if (answer.t === "ack" || answer.t === "error") this.answered({ ...answer, cid: message.cid });
  }

  /** Takes the server's answer to one message. */
  answered(answer: Answer): void {
    const { _store: store } = this;
    const { cid } = answer;
    if (!cid) return;
    if (answer.t === "error") return this.refused(cid, answer);
    this._startBackoff.reset();
    this._link.tags.flush();
    const message = this.find(cid);
    if (message) message.attempt.sent = false;
    if (answer.seq > store.last + 1) return void this._link.ask(); // something else came first
    if (message && store.acknowledge(cid, answer.seq, answer.time)) {
      this._link.arrived({ seq: answer.seq, time: answer.time, from: "visitor", name: "", text: message.text });
    }
    if (store.trouble) store.set({ trouble: false });
    this.flush(conv);
  }

  protected _giveUp(_: Outgoing, failure: Failure): boolean {
    const { code } = failure;
    if (!isTemporary(code)) {
      this._host.emit("error", failure);
      return true;
    }
    if (code === "no_session") this._link.ask();
    this.setWaiting(true);
    if (code === "unavailable") this._store.set({ trouble: true });
    return false;
  }

  /** No contact: the visitor may know that what is under way waits. Or contact again. */
  setWaiting(waiting: boolean): void {
    this._store.set({
      outbox: this._store.outbox.map((m) => (m.failed || m.waiting === waiting ? m : { ...m, waiting })),
    });
  }

  /** The page goes: what is under way is handed to the browser, which finishes without us. */
  leave(): void {
    const { _host: host, _store: store } = this;
    const known = store.who !== "none" || (this._unheard() && (host._tabSecret() || host._sessionCookie() === "p"));
    this.messages = this.messages.flatMap(parted);
    const now = (message: Outgoing) => !message.failed && !unsent(message.files);
    for (const message of this.messages.filter(now)) {
      if (known) host.post("send", this._body(message), true);
      else this._requestStart(message);
    }
    this.messages = this.messages.map((m) => (now(m) ? { ...m, handed: true } : m));
    // For the next page of this tab.
    if (!known && this.next(conv)) host._keepTabSecret(this._newSecret);
  }
}

/** What of a message can go now; and the files that can't, as one of their own, should the page come back. */
function parted(message: Outgoing): Outgoing[] {
  const uploaded: OutgoingFile[] = message.files.filter((f) => f.sent);
  const rest = message.files.filter((f) => !f.sent);
  if (message.failed || !rest.length || !(message.text || uploaded.length)) return [message];
  return [
    { ...message, files: uploaded },
    { ...message, cid: clientID(), text: "", files: rest, attempt: newAttempt() },
  ];
}
