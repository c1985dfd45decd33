// The connection of the agent who is signed in; there is none before. It is
// always either open or on its way.
import { Backoff } from "../shared/backoff";
import { Connection, ended, reopenDelay } from "../shared/connection";
import type { FromConsole, ToConsole } from "../shared/operations";
import { socketURL } from "./http";

const firstWait = 500;
const longestWait = 15_000;
/** Who comes back to the window waits for no longer silence, in milliseconds. */
const longSilence = 30_000;

const answered: FromConsole["t"][] = ["inbox", "open", "earlier", "later", "reply", "status", "assign", "unread"];

export interface Listener {
  onFrame(frame: ToConsole): void;
  /** A sign of life is wanted: ask the server something. */
  onQuiet(): void;
  /** silent: the socket was given up since nothing came of it any more. */
  onDown(silent: boolean): void;
  /** The socket could not be opened. Whether it is worth trying again. */
  onRefused(): Promise<boolean>;
  onSignedOut(): void;
}

class DeskConnection {
  private _backoff = new Backoff(firstWait, longestWait);
  private _connection: Connection<ToConsole, FromConsole>;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _lastFrame = 0;
  private _disconnected = false;

  constructor(private _listener: Listener) {
    this._connection = new Connection(socketURL(), answered, {
      onFrame: (frame) => {
        this._lastFrame = Date.now();
        if (frame.t === "hello") this._backoff.reset();
        _listener.onFrame(frame);
      },
      onQuiet: _listener.onQuiet,
      onClosed: (code, greeted) => this._onClosed(code, greeted),
    });
    this._connection.open();
  }

  send(frame: FromConsole): boolean {
    return this._connection.send(frame);
  }

  /** The network or the window is back: connect at once, or make sure that the socket lives. */
  wake(): void {
    if (!this._connection.ready) this._reopen(0);
    else if (Date.now() - this._lastFrame > longSilence) this._listener.onQuiet();
  }

  disconnect(): void {
    this._disconnected = true;
    clearTimeout(this._timer);
    this._connection.close();
  }

  private _onClosed(code: number, greeted: boolean): void {
    this._listener.onDown(!code);
    if (code === ended) this._listener.onSignedOut();
    else if (greeted) this._reopen(reopenDelay(code) ?? this._backoff.next());
    else void this._afterRefusal();
  }

  /** A refused handshake tells a script nothing of its cause: ask by HTTP. */
  private async _afterRefusal(): Promise<void> {
    if (await this._listener.onRefused()) this._reopen(this._backoff.next());
  }

  private _reopen(delay: number): void {
    clearTimeout(this._timer);
    if (!this._disconnected) this._timer = setTimeout(() => this._connection.open(), delay);
  }
}

let connection: DeskConnection | undefined;

export function connect(listener: Listener): void {
  connection?.disconnect();
  connection = new DeskConnection(listener);
}

export function disconnect(): void {
  connection?.disconnect();
  connection = undefined;
}

/** False where the frame could not be handed over, since the connection is down. */
export const send = (frame: FromConsole): boolean => connection?.send(frame) ?? false;

export const wake = (): void => connection?.wake();
