import { useEffect, useMemo } from "preact/hooks";

/** How long to wait before saying so again, and after how long without a key to say that it has ended; in milliseconds. */
const interval = 3000;
const pause = 4000;

/** Tells the other side that someone is typing. */
export class TypingNotice {
  private _sentAt = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  /** send: whether the notice could be sent. */
  constructor(private _send: (on: boolean) => boolean) {}

  /** The text has changed; something: there is still any. */
  typed(something: boolean): void {
    if (!something) return this.stop();
    if (Date.now() - this._sentAt > interval && this._send(true)) this._sentAt = Date.now();
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.stop(), pause);
  }

  stop(): void {
    clearTimeout(this._timer);
    if (this._sentAt) this._send(false);
    this._sentAt = 0;
  }
}

/** The notice of one composer, which ends with it. */
export function useTyping(send: (on: boolean) => boolean): TypingNotice {
  const notice = useMemo(() => new TypingNotice(send), []);
  useEffect(() => () => notice.stop(), []);
  return notice;
}
