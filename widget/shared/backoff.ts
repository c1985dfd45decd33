/** Growing waits with jitter, so that many visitors do not come back in one moment. */
export class Backoff {
  private step = 0;

  constructor(
    private first = 1000,
    private most = 30000,
  ) {}

  /** The next wait in milliseconds. */
  next(): number {
    const wait = Math.min(this.first * 2 ** this.step++, this.most);
    return wait / 2 + (Math.random() * wait) / 2;
  }

  reset(): void {
    this.step = 0;
  }
}
