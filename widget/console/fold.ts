// Makes texts comparable as people compare them who search, by the same rule as
// the server's package internal/fold: what it finds is marked here.

/** Quotes and dashes in all that programs make of them. */
const shapes: readonly [shape: string, all: RegExp][] = [
  ["'", /[‘’‚‛ʼʻʹˈ′´＇`]/],
  ['"', /[“”„‟«»″＂]/],
  ["-", /[‐‑‒–—―−⁃－]/],
];

/** Letters that Unicode does not decompose, and keyboards lack. */
const plain = new Map(
  ["ß ss", "æ ae", "œ oe", "ø o", "đ d", "ð d", "þ th", "ł l", "ħ h", "ı i", "ŋ n", "ŧ t", "ς σ"].map(
    (pair) => pair.split(" ") as [string, string],
  ),
);

/** The marks that people leave out, and what can't be seen. */
const left =
  /[\u0300-\u036f]|[\u0591-\u05c7]|[\u064b-\u065f\u0670]|[\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]|[\ufe00-\ufe0f]|[\ufe20-\ufe2f]|\p{Cf}/u;

function foldCharacter(character: string): string {
  if (/^[a-z0-9]$/.test(character)) return character;
  for (const [shape, all] of shapes) if (all.test(character)) return shape;
  let out = "";
  for (const part of character.normalize("NFKD")) {
    if (left.test(part)) continue;
    const lower = part.toLowerCase();
    out += /\s/.test(part) ? " " : (plain.get(lower) ?? lower);
  }
  return out;
}

/** A text as it is compared, and of each of its units where its character begins and ends. */
function folded(text: string): { text: string; from: number[]; to: number[] } {
  let out = "";
  const from: number[] = [];
  const to: number[] = [];
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    for (const unit of foldCharacter(character).split("")) {
      if (unit === " " && out.endsWith(" ")) continue;
      out += unit;
      from.push(at);
      to.push(end);
    }
    // An accent belongs to the letter before it.
    if (to.length && left.test(character)) to[to.length - 1] = end;
    at = end;
  }
  return { text: out, from, to };
}

export const fold = (text: string): string => folded(text).text;

/** The words and "quoted phrases" of a search, ready to compare with. A quote that begins no word only ends one. */
export function wordsOf(search: string): string[] {
  const words: string[] = [];
  for (const [, phrase, word = ""] of fold(search).matchAll(/"([^"]*)"?|(\S+)/g)) {
    for (const part of phrase === undefined ? word.split('"') : [phrase.trim()]) if (part) words.push(part);
  }
  return words;
}

/** Cuts a text so that every second piece is one that has been found. */
export function found(text: string, words: readonly string[]): string[] {
  const { text: all, from, to } = folded(text);
  const spans: [start: number, end: number][] = [];
  for (const word of words) {
    for (let at = all.indexOf(word); at >= 0; at = all.indexOf(word, at + word.length)) {
      spans.push([from[at]!, to[at + word.length - 1]!]);
    }
  }
  spans.sort(([a], [b]) => a - b);
  const pieces: string[] = [];
  let done = 0;
  let open: [start: number, end: number] | undefined;
  const cut = () => {
    if (!open) return;
    pieces.push(text.slice(done, open[0]), text.slice(open[0], open[1]));
    done = open[1];
  };
  for (const span of spans) {
    if (open && span[0] <= open[1]) open[1] = Math.max(open[1], span[1]);
    else {
      cut();
      open = span;
    }
  }
  cut();
  return [...pieces, text.slice(done)];
}
