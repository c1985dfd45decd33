// One socket that is always either open or on its way. It knows nothing of
// conversations: it hands over frames and says when it is up and down.

import { Backoff } from "../shared/backoff";
import type { FromDesk, ToDesk } from "./frames";

const handshake = 10_000; // until an attempt to connect has failed
const patience = 10_000; // until a socket that doesn't answer a question is dead
const quiet = 60_000; // without a frame, until the server is asked for a sign of life
const firstWait = 500;
const longestWait = 15_000;

const restart = new Set([1001, 1012]);
const signedOut = 4003;
const tooSlow = 4004;

/** Frames that the server answers; silence after one of them means a dead socket. */
const answered = new Set<FromDesk["t"]>(["inbox", "open", "earlier", "reply", "status", "assign"]);

export type Listener = {
  frame(frame: ToDesk): void;
  /** silent: it was given up since nothing came of it any more. */
  down(silent: boolean): void;
  /** A sign of life is wanted: ask the server something. */
  quiet(): void;
  /** The socket could not be opened. Whether it is worth trying again. */
  refused(): Promise<boolean>;
  signedOut(): void;
};

export class Connection {
  private socket: WebSocket | undefined;
  private greeted = false;
  private backoff = new Backoff(firstWait, longestWait);
  private heard = 0;
  private retry = 0;
  private doubt = 0;
  private silence = 0;
  private ended = false;

  constructor(
    private readonly url: string,
    private readonly on: Listener,
  ) {
    this.dial();
  }

  /** False where there is no open socket to take the frame. */
  send(frame: FromDesk): boolean {
    if (!this.socket || !this.greeted || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    if (answered.has(frame.t) && !this.doubt) this.doubt = window.setTimeout(() => this.lost(0), patience);
    return true;
  }

  /** The network or the window is back: connect at once, or make sure that the socket lives. */
  wake(): void {
    if (this.ended) return;
    if (!this.socket) this.dial();
    else if (this.greeted && Date.now() - this.heard > quiet / 2) this.on.quiet();
  }

  close(): void {
    this.ended = true;
    this.drop();
  }

  private dial(): void {
    this.drop();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.doubt = window.setTimeout(() => this.lost(0), handshake);
    socket.onmessage = (e) => this.received(e.data);
    socket.onclose = (e) => this.lost(e.code);
  }

  private received(data: unknown): void {
    this.heard = Date.now();
    clearTimeout(this.doubt);
    this.doubt = 0;
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.on.quiet(), quiet);
    const frame = JSON.parse(String(data)) as ToDesk;
    if (frame.t === "hello") {
      this.greeted = true;
      this.backoff.reset();
    }
    this.on.frame(frame);
  }

  /** Lets go of the socket without a word to the listener. */
  private drop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.doubt);
    clearTimeout(this.silence);
    this.doubt = 0;
    this.greeted = false;
    if (!this.socket) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }

  private lost(code: number): void {
    const greeted = this.greeted;
    this.drop();
    this.on.down(code === 0);
    if (code === signedOut) {
      this.on.signedOut();
      return;
    }
    if (greeted) {
      this.again(code === tooSlow ? 0 : restart.has(code) ? Math.random() * 3000 : this.backoff.next());
      return;
    }
    // A refused handshake says nothing of its cause to a script: ask by HTTP.
    void this.on.refused().then((worthwhile) => {
      if (worthwhile && !this.ended && !this.socket) this.again(this.backoff.next());
    });
  }

  private again(delay: number): void {
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.dial(), delay);
  }
}
