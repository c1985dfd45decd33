// Addresses in plain text become links. The text is cut into pieces and never
// read as HTML.

export interface Link {
  href: string;
  shown: string;
}

/**
 * What ends an address wherever it stands: white space, quotes, and the punctuation and brackets of Chinese,
 * Japanese and Korean texts, which have no space behind an address.
 */
const address =
  /\b(?:https?:\/\/|www\.|mailto:)[^\s<>"`“”„«»\u3000-\u3003\u3008-\u301f\uff00-\uff65]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+/gi;

/** Cuts a text into what is a link and what is not. */
export function links(text: string): (string | Link)[] {
  const pieces: (string | Link)[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const shown = trimmed(match[0]);
    const href = target(shown);
    if (!href) continue;
    pieces.push(text.slice(end, match.index), { href, shown });
    end = match.index + shown.length;
  }
  pieces.push(text.slice(end));
  return pieces;
}

/** Punctuation that ends a sentence, and brackets opened before the address, are not part of it. */
function trimmed(found: string): string {
  for (;;) {
    const last = found[found.length - 1]!;
    const opening = { ")": "(", "]": "[", "}": "{" }[last];
    const unbalanced = opening && found.split(opening).length < found.split(last).length;
    if (!unbalanced && !/[.,;:!?*~…'’]/.test(last)) return found;
    found = found.slice(0, -1);
  }
}

function target(shown: string): string | undefined {
  const whole = /^(https?:|mailto:)/i.test(shown)
    ? shown
    : /^www\./i.test(shown)
      ? "https://" + shown
      : "mailto:" + shown;
  try {
    const url = new URL(whole);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The address if it is one that may become a link, as the visitor's browser reported it. */
export function webAddress(url = ""): URL | undefined {
  try {
    const u = new URL(url);
    return u.protocol === "https:" || u.protocol === "http:" ? u : undefined;
  } catch {
    return undefined;
  }
}
