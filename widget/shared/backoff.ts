/** Growing waits with jitter, so that many visitors do not come back in one moment. */
export class Backoff {
  /** How many waits there were since the last success. */
  tries = 0;

  constructor(
    private _first = 1000,
    private _most = 30000,
  ) {}

  /** The next wait in milliseconds. */
  next(): number {
    const wait = Math.min(this._first * 2 ** this.tries++, this._most);
    return wait / 2 + (Math.random() * wait) / 2;
  }

  reset(): void {
    this.tries = 0;
  }
}
