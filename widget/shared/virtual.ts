// Which part of a long list stands in the page, and where.

/** The places of a list to draw, in order: those from first to before last, and those of some ids wherever they are. */
export function slots(
  ids: readonly string[],
  { first, last, always }: { first: number; last: number; always: readonly string[] },
): number[] {
  const drawn = new Set<number>();
  for (let at = Math.max(0, first); at < Math.min(ids.length, last); at++) drawn.add(at);
  for (const id of always) {
    const at = id ? ids.indexOf(id) : -1;
    if (at >= 0) drawn.add(at);
  }
  return [...drawn].sort((a, b) => a - b);
}

/** Rows of different heights, one below the other, in pixels. A height is guessed until it was measured. */
export class Column {
  keys: string[] = [];
  private _heights: number[] = [];
  /** Where each row begins, as far as that was added up, and behind them where the last one ends. */
  private _tops = [0];
  private _measured = new Map<string, number>();

  /** Other rows: more, fewer or the same, in order. What was measured of them counts still. */
  set<R>(rows: readonly R[], key: (row: R) => string, guess: (row: R) => number): void {
    this.keys = rows.map(key);
    this._heights = rows.map((row, at) => this._measured.get(this.keys[at]!) ?? guess(row));
    this._tops = [0];
  }

  /** Forgets what was measured: all rows may be of other heights. They stand as they are until they are measured anew. */
  forget(): void {
    this._measured.clear();
  }

  /** Takes a row's height; whether that is news. A fraction of a pixel is none. */
  measure(key: string, height: number): boolean {
    if (Math.abs((this._measured.get(key) ?? -1) - height) < 0.5) return false;
    const at = this.keys.indexOf(key);
    this._measured.set(key, height);
    if (at < 0) return false;
    this._heights[at] = height;
    this._tops.length = Math.min(this._tops.length, at + 1);
    return true;
  }

  /** Where a row begins; where the last one ends, for the row behind it. */
  top(at: number): number {
    for (let next = this._tops.length; next <= at; next++)
      this._tops[next] = this._tops[next - 1]! + this._heights[next - 1]!;
    return this._tops[at]!;
  }

  get end(): number {
    return this.top(this.keys.length);
  }

  /** The row at a height; the first or the last one beyond the ends. */
  at(y: number): number {
    let low = 0;
    let high = Math.max(0, this.keys.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
