// One WebSocket at a time: opened, greeted, watched for silence, and reported
// when it is lost. When to open the next is its owner's to decide.

/** WebSocket.OPEN. */
const open = 1;
/** A socket over which no hello has come by then is given up, in milliseconds. */
const helloTimeout = 8000;
/** So is one over which nothing comes any more although the server owes an answer. */
const answerTimeout = 10_000;
/** Without a frame for so long the server is asked for a sign of life: a socket may be dead without knowing. */
const quietInterval = 60_000;

// Close codes; docs/protocol.md says what they mean.
const goingAway = 1001;
const restart = 1012;
const tooSlow = 4004;
export const noSession = 4002;
export const ended = 4003;
export const changed = 4005;

/** The widest spread of clients that come back after a restart, in milliseconds. */
const restartSpread = 3000;

/** How long to wait before reopening a socket that had been greeted, in milliseconds; undefined leaves it to the owner. */
export function reopenDelay(code: number): number | undefined {
  if (code === tooSlow) return 0;
  return code === goingAway || code === restart ? Math.random() * restartSpread : undefined;
}

export interface Listener<In> {
  /** The frame to begin with, where it is the client that speaks first. */
  hello?(): object;
  onFrame(frame: In): void;
  /** Nothing has come for a while: send something that the server answers. */
  onQuiet(): void;
  /**
   * The socket is lost; greeted: hello had come. Code 0 is none of the
   * server's: the socket was given up, since nothing came of it any more.
   */
  onClosed(code: number, greeted: boolean): void;
}

export class Connection<In extends { t: string }, Out extends { t: string }> {
  private _socket: WebSocket | undefined;
  /** Hello has come: frames may be sent. */
  ready = false;
  private _answerTimer: ReturnType<typeof setTimeout> | undefined;
  private _quietTimer: ReturnType<typeof setTimeout> | undefined;

  /** answered names the frames that the server answers: silence after one of them means a dead socket. */
  constructor(
    private _url: string,
    private _answered: readonly Out["t"][],
    private _listener: Listener<In>,
  ) {}

  /** Opens a socket where there is none. */
  open(): void {
    if (this._socket) return;
    let socket: WebSocket;
    try {
      socket = this._socket = new WebSocket(this._url);
    } catch {
      // Some browsers throw where a policy bars the connection.
      setTimeout(() => this._listener.onClosed(0, false));
      return;
    }
    this._expectAnswer(helloTimeout);
    socket.onopen = () => {
      if (this._listener.hello) socket.send(JSON.stringify({ t: "hello", ...this._listener.hello() }));
    };
    socket.onmessage = ({ data }) => socket === this._socket && this._receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this._socket && this._lose(code);
  }

  /** Sends a frame; false where that can't be done now. */
  send(frame: Out): boolean {
    if (!this.ready || this._socket!.readyState !== open) return false;
    this._socket!.send(JSON.stringify(frame));
    if (!this._answerTimer && this._answered.includes(frame.t)) this._expectAnswer(answerTimeout);
    return true;
  }

  /** Closes without telling the listener. */
  close(): void {
    const { _socket: socket } = this;
    clearTimeout(this._answerTimer);
    clearTimeout(this._quietTimer);
    this._socket = this._answerTimer = undefined;
    this.ready = false;
    socket?.close();
  }

  private _receive(frame: In): void {
    if (frame.t === "hello") this.ready = true;
    if (this.ready) {
      clearTimeout(this._answerTimer);
      this._answerTimer = undefined;
      this._watch();
    }
    this._listener.onFrame(frame);
  }

  private _expectAnswer(timeout: number): void {
    this._answerTimer = setTimeout(() => this._lose(0), timeout);
  }

  private _watch(): void {
    clearTimeout(this._quietTimer);
    this._quietTimer = setTimeout(() => {
      this._watch();
      this._listener.onQuiet();
    }, quietInterval);
  }

  private _lose(code: number): void {
    const greeted = this.ready;
    this.close();
    this._listener.onClosed(code, greeted);
  }
}
