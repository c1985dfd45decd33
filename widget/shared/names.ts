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
