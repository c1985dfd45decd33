// Finds web and mail addresses in plain text. Nothing else becomes a link.

export type Token = { text: string; href?: string };

const address = /\bhttps?:\/\/[^\s<>"'`]+|\bwww\.[^\s<>"'`]+\.[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;

/** Closing punctuation ends a sentence, not an address; a bracket belongs to it if it was opened in it. */
function trimmed(url: string): string {
  for (;;) {
    const last = url.slice(-1);
    const opener = last === ")" ? "(" : last === "]" ? "[" : "";
    const closes = opener !== "" && url.split(opener).length < url.split(last).length;
    if (!closes && !/[.,;:!?*_~]/.test(last)) return url;
    url = url.slice(0, -1);
  }
}

function target(text: string): string | undefined {
  const href = /^https?:/i.test(text)
    ? text
    : text.includes("@") && !/^www\./i.test(text)
      ? `mailto:${text}`
      : `https://${text}`;
  try {
    return new URL(href).href;
  } catch {
    return undefined;
  }
}

export function tokens(text: string): Token[] {
  const out: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const found = trimmed(match[0]);
    const href = target(found);
    if (!href) continue;
    if (match.index > from) out.push({ text: text.slice(from, match.index) });
    out.push({ text: found, href });
    from = match.index + found.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}
