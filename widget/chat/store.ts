// What is shown, and the rules by which it changes. Nothing here knows of the
// network or of the page.
import type { Form } from "../parts/forms/form";
import type { Place } from "../shared/log";
import { idOf, merge } from "../shared/messages";
import type {
  Message,
  VisitorHello,
  VisitorHours,
  VisitorMe,
  VisitorReplies,
  VisitorState,
  Who,
} from "../shared/operations";
import { type Outgoing, reuploaded } from "../shared/outbox";

/** A message, and where it is below the upper edge of what is in sight, in pixels. */
export interface Reading {
  seq: number;
  y: number;
}

export class Store {
  who: Who = "none";
  online: boolean | undefined;
  /** When the chat is answered, where the site says it. */
  hours: VisitorHours | undefined;
  /** How long an answer usually takes, where that is known. */
  replies: VisitorReplies | undefined;
  me: VisitorMe | undefined;
  conversation: VisitorState | undefined;
  messages: Message[] = [];
  earlier = false;
  outbox: readonly Outgoing[] = [];
  /** What is begun in the composer, and when it was last changed. */
  draft = "";
  private _draftTime = 0;
  /** The visitor has written on this page. */
  wrote = false;
  /** What is begun in a form. */
  form: Form | undefined;
  /** The name of the session; "" where there is none, undefined while that is not known. */
  session: string | undefined;
  typing = "";
  /** After which message an agent has opened the conversation again. */
  reopened = 0;
  open = false;
  /** What is in sight, unless that is the end. */
  place: Place | undefined;
  /** What is to be in sight as soon as it is here. */
  goal: Reading | undefined;
  /** The server can't be reached, or can't save. */
  trouble = false;
  /** Nothing may be shown before the server has said whose it is. */
  veiled = false;
  /** Grows when everything is forgotten: answers to older questions don't count. */
  era = 0;

  constructor(private _changed: () => void) {}

  get last(): number {
    return this.messages[this.messages.length - 1]?.seq ?? 0;
  }

  get unread(): number {
    return this.conversation?.unread ?? 0;
  }

  /** At the time 0 it is not the visitor's, and goes with the session. */
  setDraft(text: string, time = Date.now()): void {
    if (text !== this.draft) this._draftTime = time;
    this.draft = text;
  }

  set(
    part: Partial<Pick<Store, "online" | "typing" | "open" | "trouble" | "veiled" | "outbox" | "who" | "form">>,
  ): void {
    Object.assign(this, part);
    this._changed();
  }

  /**
   * What to ask for in order to catch up: from the last message on, itself
   * included, so that the answer shows whether it is the same conversation.
   */
  get after(): number | undefined {
    return this.last ? this.last - 1 : undefined;
  }

  /** Whether an answer to a question with after goes on from what is shown. */
  continues(hello: VisitorHello, after: number): boolean {
    return !!find(hello.messages, after + 1) && !this.contradicts(hello, after);
  }

  /** Whether it shows another message in the place of one of ours: another conversation. */
  contradicts(hello: VisitorHello, after: number): boolean {
    const ours = find(this.messages, after + 1);
    const theirs = find(hello.messages, after + 1);
    return !ours || (!!theirs && (theirs.time !== ours.time || theirs.text !== ours.text));
  }

  /** Takes over an answer: all of it, or what is new to us. Returns the new messages. */
  take(hello: VisitorHello, whole: boolean): Message[] {
    this.who = hello.who;
    this.session = hello.who === "none" ? "" : hello.session;
    this.online = hello.online;
    this.hours = hello.hours;
    this.replies = hello.replies;
    this.me = hello.me;
    this._noteReopened(hello.conversation);
    this.conversation = hello.conversation && { ...hello.conversation };
    this.trouble = this.veiled = false;
    const messages = hello.messages ?? [];
    if (whole) {
      this.messages = [];
      this.earlier = hello.earlier;
    }
    const fresh = messages.filter((m) => this.add(m));
    this._changed();
    return fresh;
  }

  /** Adds a message in its place; false if it was there. It leaves the outbox. */
  add(message: Message): boolean {
    if (message.cid) this.outbox = this.outbox.filter((d) => d.cid !== message.cid);
    if (find(this.messages, message.seq)) return false;
    this.messages = merge(this.messages, [message]);
    return true;
  }

  /** A message has come while we listen. */
  receive(message: Message): boolean {
    if (!this.add(message)) {
      this._changed();
      return false;
    }
    const state = (this.conversation ??= { t: "state", status: "open", last: 0, read: 0, unread: 0, agent: "" });
    if (message.from === "agent") this.typing = "";
    if (message.seq > state.last) {
      state.last = message.seq;
      if (message.from === "agent") {
        state.unread++;
        state.seen = message.seq;
      } else if (message.from === "visitor") {
        state.status = "open";
        state.read = message.seq;
        state.unread = 0;
      }
    }
    this._changed();
    return true;
  }

  /** The conversation's state has changed, other than by a message. */
  change(state: VisitorState): void {
    this._noteReopened(state);
    this.conversation = state;
    this._changed();
  }

  /** What the visitor reads, in a form that outlives the page; undefined is the end. */
  get reading(): Reading | undefined {
    const { goal, place, messages } = this;
    const message = place && messages.find((m) => idOf(m) === place.bubble);
    return goal ?? (message && { seq: message.seq, y: place.y });
  }

  get goalHere(): Place | undefined {
    const { goal, messages } = this;
    const message = goal && find(messages, goal.seq);
    return message && { bubble: idOf(message), y: goal.y };
  }

  /** Whether the messages up to its goal are still to be fetched. */
  get seeking(): boolean {
    return !!this.goal && this.earlier && this.messages[0]!.seq > this.goal.seq;
  }

  private _noteReopened(state: VisitorState | undefined): void {
    if (this.conversation?.status === "resolved" && state?.status === "open") this.reopened = this.last;
  }

  prepend(messages: Message[], earlier: boolean): void {
    this.messages = merge(this.messages, messages);
    this.earlier = earlier;
    this._changed();
  }

  acknowledge(cid: string, seq: number, time: number): boolean {
    const draft = this.outbox.find((d) => d.cid === cid);
    if (!draft) return false;
    const attachments = draft.files.map((f) => f.sent!);
    return this.receive({ seq, time, from: "visitor", name: "", text: draft.text, cid, attachments });
  }

  /** The visitor has seen all that is here. */
  seen(): number {
    const state = this.conversation;
    if (!state || !this.last || (state.read >= this.last && !state.unread)) return 0;
    state.read = this.last;
    state.unread = 0;
    this._changed();
    return this.last;
  }

  /** Forgets everything but what was written since the given time. */
  forget(keepSince = Infinity): void {
    this.era++;
    this.who = "none";
    this.me = this.conversation = this.place = this.goal = this.form = undefined;
    this.wrote = false;
    this.messages = [];
    this.outbox = this.outbox.filter((d) => d.time > keepSince).map(reuploaded);
    this.session = undefined;
    if (this._draftTime <= keepSince) this.draft = "";
    this.earlier = this.trouble = this.veiled = false;
    this.typing = "";
    this.reopened = 0;
    this._changed();
  }
}

function find(messages: Message[] | null | undefined, seq: number): Message | undefined {
  return messages?.find((m) => m.seq === seq);
}
