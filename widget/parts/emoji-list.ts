// Finding emoji, and ways between them.

export interface Emoji {
  sign: string;
  name: string;
}

/** So many stand in a row. */
export const columns = 8;
const mostRecent = 2 * columns;

/** Texts as people compare them who search: without regard to case and accents. */
const fold = (text: string) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

/** Those that have each word of a search somewhere, or are in it themselves. */
export function found(all: readonly Emoji[], search: string): Emoji[] {
  const words = fold(search).split(/\s+/);
  return all.filter(({ sign, name }) => search.includes(sign) || words.every((word) => fold(name).includes(word)));
}

/** Groups in rows: each begins one. */
export function rows<T>(groups: readonly (readonly T[])[]): T[][] {
  return groups.flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / columns) }, (_, i) => all.slice(i * columns, (i + 1) * columns)),
  );
}

/** Row and column that a key leads to; a row of -1 is above the first. Undefined where it leads nowhere. */
export function step(
  table: readonly (readonly unknown[])[],
  [row, column]: readonly [number, number],
  key: string,
  rightToLeft: boolean,
): [number, number] | undefined {
  const last = table.length - 1;
  const inRow = (r: number): [number, number] => [r, Math.min(column, (table[r]?.length ?? 1) - 1)];
  const forward = rightToLeft ? "ArrowLeft" : "ArrowRight";
  if (key === "ArrowUp") return row ? inRow(row - 1) : [-1, 0];
  if (key === "ArrowDown") return inRow(Math.min(row + 1, last));
  if (key === "PageUp") return inRow(Math.max(row - 5, 0));
  if (key === "PageDown") return inRow(Math.min(row + 5, last));
  if (key === "Home") return [row, 0];
  if (key === "End") return [row, table[row]!.length - 1];
  if (key === forward) {
    if (column + 1 < table[row]!.length) return [row, column + 1];
    return row < last ? [row + 1, 0] : [row, column];
  }
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  if (column) return [row, column - 1];
  return row ? [row - 1, table[row - 1]!.length - 1] : [row, column];
}

/** What was picked for a text box: it goes with the box, and so with whoever writes in it. */
const picked = new WeakMap<HTMLTextAreaElement, readonly Emoji[]>();

export const recent = (box: HTMLTextAreaElement): readonly Emoji[] => picked.get(box) ?? [];

export function use(box: HTMLTextAreaElement, emoji: Emoji): void {
  picked.set(box, [emoji, ...recent(box).filter((other) => other.sign !== emoji.sign)].slice(0, mostRecent));
}
