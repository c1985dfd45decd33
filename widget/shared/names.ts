/** One or two letters for an avatar; "" where there is no name to take them from. */
export function initials(name: string): string {
  const words = name.split("@", 1)[0]!.match(/[\p{L}\p{N}][^\s._-]*/gu) ?? [];
  const ends = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words;
  return ends
    .map((word) => Array.from(word)[0])
    .join("")
    .toLocaleUpperCase();
}

/** A number below n that is always the same for the same text (FNV-1a). */
export function bucket(text: string, n: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0) % n;
}

/**
 * A text without what can't be seen, or turns the direction of writing around. Joiners stay, and signs before
 * Arabic numbers. What the server has cleaned has none; ids, and what was stored long ago, may.
 */
export const plain = (text: string): string =>
  text.replace(/(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "");

/** A word of each list that are always the same for the same text. */
export function words(text: string, first: readonly string[], second: readonly string[]): [string, string] {
  const n = bucket(text, first.length * second.length);
  return [first[n % first.length]!, second[Math.floor(n / first.length)]!];
}
