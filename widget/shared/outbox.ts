// Messages on their way: each is sent, with the same client id, until the
// server has it or refuses it for good. Of one conversation one at a time, so
// that a message that is held up is not overtaken by the next.

import { abortUpload } from "#transfer";
import { Backoff } from "./backoff";
import { retryDelay } from "./errors";
import { type OutgoingFile, outgoing, unsent } from "./files";
import type { Tags } from "./host";
import type { ErrorCode, Failure, Uploaded } from "./operations";
import { clientID } from "./secret";

/** What is being done for a message. */
interface Attempt {
  /** The present connection has taken it and not answered. */
  sent?: boolean;
  /** A request is under way. */
  busy?: boolean;
  backoff: Backoff;
  timer?: ReturnType<typeof setTimeout>;
}

export const newAttempt = (): Attempt => ({ backoff: new Backoff() });

/** A message that the server has not acknowledged yet. */
export interface Outgoing {
  cid: string;
  /** The conversation that it is for; "" where there is only one. */
  conv: string;
  text: string;
  time: number;
  files: readonly OutgoingFile[];
  /** How much of the file under way has been uploaded, from 0 to 1. */
  part?: number;
  /** Why it is not sent any more unless it is asked for; "" while it is on its way. */
  failed: ErrorCode | "";
  /** There is no contact just now. */
  waiting: boolean;
  /** The last message that its writer had seen; undefined where that is no matter. */
  seen?: number | undefined;
  /** The server may have it: it can't be taken back any more. */
  handed: boolean;
  /** The server had lost its files once already. */
  reuploaded?: boolean;
  /** What its writer has said of themselves in a form, kept with it. */
  tag?: Tags | undefined;
  attempt: Attempt;
}

/** A message whose files have to go once more: what was uploaded is worth nothing any more. */
export const reuploaded = (message: Outgoing): Outgoing => ({
  ...message,
  reuploaded: true,
  handed: false,
  files: outgoing(message.files.map((f) => f.file)),
});

/** What of a message goes into a frame. */
export const body = ({ cid, text, files, tag }: Outgoing) => ({
  cid,
  text,
  tag,
  ...(files.length && { attachments: files.map((f) => f.sent!.id) }),
});

export abstract class Outbox {
  /** All messages, in the order in which they were written. */
  abstract messages: readonly Outgoing[];

  /** Whether files can be uploaded now. */
  protected abstract _canUpload(): boolean;
  protected abstract _upload(
    message: Outgoing,
    file: File,
    progress: (part: number) => void,
  ): Promise<Uploaded | Failure>;
  /**
   * Hands over a message; then it leaves the messages, or is refused.
   * False: that can't be done now, flush says when. A promise: nothing else is
   * sent before it settles, with whether to go on at once.
   */
  protected abstract _send(message: Outgoing): boolean | Promise<boolean>;
  /** Whether the server's refusal is for good, and not to be tried again after a while. tries: how often that was done. */
  protected abstract _giveUp(message: Outgoing, failure: Failure, tries: number): boolean;

  add(conv: string, text: string, files: readonly File[], seen?: number, tag?: Tags): void {
    const message: Outgoing = {
      cid: clientID(),
      conv,
      text,
      time: Date.now(),
      files: outgoing(files),
      failed: "",
      waiting: false,
      seen,
      handed: false,
      tag,
      attempt: newAttempt(),
    };
    this.messages = [...this.messages, message];
    this.flush(conv);
  }

  find(cid: string): Outgoing | undefined {
    return this.messages.find((m) => m.cid === cid);
  }

  /** The message of a conversation that goes next. */
  next(conv: string): Outgoing | undefined {
    return this.messages.find((m) => m.conv === conv && !m.failed);
  }

  /** Takes a message out: the next may go. */
  remove(cid: string): Outgoing | undefined {
    const message = this.find(cid);
    if (!message) return undefined;
    clearTimeout(message.attempt.timer);
    this.messages = this.messages.filter((m) => m !== message);
    for (const { file } of message.files) abortUpload(file);
    this.flush(message.conv);
    return message;
  }

  /** Takes out what the server can't have, to be written anew or not at all. */
  takeBack(cid: string): Outgoing | undefined {
    return this.find(cid)?.handed ? undefined : this.remove(cid);
  }

  /** Sends once more what was given up, or is held up: the server makes no second message of it. */
  retry(cid: string): void {
    this.find(cid)?.attempt.backoff.reset();
    this._change(cid, { failed: "", waiting: false });
    this._flushConversationOf(cid);
  }

  /** The connection is another: what it has not answered is sent again by the next flush. */
  restart(): void {
    for (const { attempt } of this.messages) {
      attempt.sent = false;
      attempt.backoff.reset();
    }
  }

  /** Sends what can be sent now. */
  flush(conv: string): void {
    const next = this.next(conv);
    if (!next) return;
    const { attempt } = next;
    if (attempt.busy || attempt.sent) return;
    clearTimeout(attempt.timer);
    const file = this._canUpload() && unsent(next.files);
    if (file) return void this._uploadNext(next, file);
    const sent = this._send(next);
    if (!sent) return;
    this._change(next.cid, { handed: true });
    if (sent === true) attempt.sent = true;
    else void this._during(next, sent);
  }

  /** The server refuses a message, or could not be reached. */
  refused(cid: string, failure: Failure): void {
    const message = this.find(cid);
    if (!message) return;
    const { attempt } = message;
    attempt.sent = false;
    // It waited too long: the files go once more.
    const lost = failure.code === "no_upload";
    if (lost) this._change(cid, reuploaded(message));
    if (!lost || message.reuploaded) {
      const failed = this._giveUp(message, failure, attempt.backoff.tries);
      if (!failed) return this._later(message, retryDelay(failure.retry, attempt.backoff));
      this._change(cid, { failed: failure.code, handed: false });
    }
    this.flush(message.conv);
  }

  /** Tries again after a while. */
  protected _later({ cid, attempt }: Outgoing, wait: number): void {
    clearTimeout(attempt.timer);
    attempt.timer = setTimeout(() => this._flushConversationOf(cid), wait);
  }

  /** The next file of a message goes first, in a request of its own. */
  private async _uploadNext(message: Outgoing, file: OutgoingFile): Promise<void> {
    const { cid, attempt } = message;
    attempt.busy = true;
    this._change(cid, { handed: false }); // what was sent was not the message but what makes its session
    const answer = await this._upload(message, file.file, (part) => this._change(cid, { part }));
    attempt.busy = false;
    // Meanwhile the message may have left, or its files been reset.
    if (this.find(cid)?.files.includes(file)) {
      if (answer.t === "error") return this.refused(cid, answer);
      file.sent = answer;
      attempt.backoff.reset();
    }
    this._flushConversationOf(cid);
  }

  private async _during({ attempt, conv }: Outgoing, request: Promise<boolean>): Promise<void> {
    attempt.busy = true;
    const goOn = await request;
    attempt.busy = false;
    if (goOn) this.flush(conv);
  }

  /** By now a message may belong to another conversation. */
  private _flushConversationOf(cid: string): void {
    const message = this.find(cid);
    if (message) this.flush(message.conv);
  }

  private _change(cid: string, change: Partial<Outgoing>): void {
    this.messages = this.messages.map((m) => (m.cid === cid ? { ...m, ...change } : m));
  }
}
