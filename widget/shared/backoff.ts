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

/** A client id: 128 random bits, where crypto.randomUUID may be missing (plain HTTP). */
export function clientID(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
