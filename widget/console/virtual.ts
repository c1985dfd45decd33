// Which part of a long list stands in the page. Pure functions.

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

/** Where each row of a list begins, in pixels, and behind them where the last one ends. */
export function tops(heights: readonly number[]): number[] {
  const out = [0];
  for (const height of heights) out.push(out[out.length - 1]! + height);
  return out;
}

/** The row at a height; the first or the last one beyond the ends. */
export function rowAt(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
