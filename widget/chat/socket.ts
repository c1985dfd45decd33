// One WebSocket at a time: opened, greeted, and told of its end. When to open
// the next is the session's to decide.
import type { Frame } from "../shared/frames";

/** A socket that has not answered hello by then is given up, in milliseconds. */
const patience = 8000;

export interface Listener {
  /** The frame to begin with. */
  hello(): object;
  frame(frame: Frame): void;
  /** The socket is gone; greeted says whether hello had been answered. */
  closed(code: number, greeted: boolean): void;
}

export class Socket {
  private socket: WebSocket | undefined;
  /** Hello has been answered: frames may be sent. */
  ready = false;

  constructor(
    private url: string,
    private listener: Listener,
  ) {}

  get opening(): boolean {
    return !!this.socket && !this.ready;
  }

  open(): void {
    if (this.socket) return;
    let socket: WebSocket;
    try {
      socket = this.socket = new WebSocket(this.url);
    } catch {
      // Some browsers throw where a policy bars the connection.
      setTimeout(() => this.listener.closed(0, false));
      return;
    }
    const slow = setTimeout(() => this.drop(socket, 0), patience);
    socket.onopen = () => socket.send(JSON.stringify({ t: "hello", ...this.listener.hello() }));
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      const frame = JSON.parse(data) as Frame;
      if (frame.t === "hello") {
        clearTimeout(slow);
        this.ready = true;
      }
      this.listener.frame(frame);
    };
    socket.onclose = ({ code }) => {
      clearTimeout(slow);
      this.drop(socket, code);
    };
  }

  /** Sends a frame if that can be done now. */
  send(frame: object): boolean {
    if (!this.ready) return false;
    this.socket!.send(JSON.stringify(frame));
    return true;
  }

  /** Closes without telling the listener. */
  close(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.ready = false;
    socket?.close();
  }

  private drop(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    const greeted = this.ready;
    this.close();
    this.listener.closed(code, greeted);
  }
}
