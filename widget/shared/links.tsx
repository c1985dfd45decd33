// Addresses in plain text become links. The text is cut into pieces and never
// read as HTML.
import type { ComponentChildren } from "preact";

const address = /\b(?:https?:\/\/|www\.|mailto:)[^\s<>"'`]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+/gi;

export function linked(text: string): ComponentChildren[] {
  const pieces: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const shown = trimmed(match[0]);
    const href = target(shown);
    if (!href) continue;
    pieces.push(text.slice(end, match.index));
    pieces.push(
      <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
        {shown}
      </a>,
    );
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
    if (!unbalanced && !/[.,;:!?*_~…]/.test(last)) return found;
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
