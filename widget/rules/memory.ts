// What is kept of rules. In the tab's storage: which have matched, and how many
// pages were seen where a rule asks for that. The browser's other tabs are told, so
// that nothing is shown in each of them. What is of a person is kept with the name of
// their session, and is nobody else's: a logout may be known to the server alone. Beyond
// the session only the time is kept at which the visitor has answered or closed a
// message that is not to come soon again.
import { recall, remember } from "../shared/remember";
import { cookieOf, keepStored, stored } from "../shared/stored";

interface State {
  matched: string[];
  visits: number;
  /** The rule whose message the visitor has answered. */
  answered?: string;
  /** The session of the person whose state it is. Who signs in takes along what was before. */
  session?: string | undefined;
}

export class Memory {
  state = empty();
  private _channel: BroadcastChannel | undefined;
  private _key: string;
  /** The session of who is signed in, as the server has said. */
  private _session: string | undefined;

  constructor(
    readonly site: string,
    /** Takes the names of what has matched, of who is known to be here. */
    private _changed: (matched: readonly string[]) => void,
  ) {
    this._key = "parley-rules:" + site;
    this._recall();
  }

  /** Takes what is stored: other pages of the tab, and another's, may have come before one that the browser brings back. */
  private _recall(): void {
    const kept: Partial<State> = read(stored(this._key));
    if (kept.matched && kept.session !== this.state.session) this.state = empty(kept.session);
    this._take(kept);
    if (cookieOf(this.site) !== "p") this.isOf();
  }

  private _take({ matched, visits, answered }: Partial<State>): void {
    const { state } = this;
    for (const name of matched ?? []) if (!state.matched.includes(name)) state.matched.push(name);
    state.visits = Math.max(state.visits, visits ?? 0);
    if (answered) state.answered = answered;
    this._speak();
  }

  private _speak(): void {
    this._changed(this.certain ? this.state.matched : []);
  }

  /** Whether the state is known to be of who is here. */
  get certain(): boolean {
    return !this.state.session || this.state.session === this._session;
  }

  /** Takes note of whose session it is: a person's, or no person's. What was another's goes; whether there was such. */
  isOf(session?: string): boolean {
    this._session = session;
    const other = !this.certain;
    if (other) this.forget();
    const { state } = this;
    if (state.session !== session) {
      state.session = session;
      if (state.matched.length || state.visits) this._write();
      this._channel?.postMessage(undefined); // what was said of this person counts only now
    }
    this._speak();
    return other;
  }

  private _write(): void {
    keepStored(this._key, JSON.stringify(this.state));
    this._channel?.postMessage(this.state);
  }

  matched(name: string): void {
    this.state.matched.push(name);
    this._write();
    this._speak();
  }

  visited(): void {
    this.state.visits++;
    this._write();
  }

  /** The visitor has answered a rule's message, or closed it. */
  settled(name: string, answered: boolean, pause: number | undefined): void {
    if (pause) remember(this._key, JSON.stringify({ ...read(recall(this._key)), [name]: Date.now() }));
    if (!answered) return;
    this.state.answered = name;
    this._write();
  }

  /** Whether it was settled too short a time ago. */
  pauses(name: string, pause: number | undefined): boolean {
    const times = read(recall(this._key)) as Record<string, number>;
    return !!pause && Date.now() - (times[name] ?? -Infinity) < pause * 1000;
  }

  /** Forgets what is of this session. */
  forget(): void {
    this.state = empty();
    keepStored(this._key);
    this._speak();
  }

  /** Listens to the other tabs, and asks what they know. */
  listen(): void {
    if (this._channel || !window.BroadcastChannel) return;
    this._recall();
    this._channel = new BroadcastChannel(this._key);
    this._channel.onmessage = ({ data }: MessageEvent<State | undefined>) => {
      if (!data) this._channel?.postMessage(this.state);
      else if (!data.session || data.session === this.state.session) this._take(data);
    };
    this._channel.postMessage(undefined);
  }

  /** Stops listening, so that the page may enter the back/forward cache. */
  stopListening(): void {
    this._channel?.close();
    this._channel = undefined;
  }
}

const empty = (session?: string): State => ({ matched: [], visits: 0, session });

/** An object that was written; what a page has written in its place counts as nothing. */
function read(text: string | null | undefined): object {
  try {
    return Object(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}
