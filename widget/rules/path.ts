/**
 * Whether a path pattern of the Caddyfile matches a path, as Caddy's do: in any case, with a slash at the end. A * at
 * an end stands for anything, one inside for anything but a slash. In time that grows with the length of the path only:
 * the address of a page may be of anybody's making.
 */
export function matches(pattern: string, path: string): boolean {
  const whole = pattern.toLowerCase();
  const from = whole.startsWith("*");
  const on = whole.endsWith("*");
  const bare = (s: string): string => (on ? s : s.replace(/\/$/, ""));
  const text = bare(path.toLowerCase());
  const pieces = bare(whole.replace(/^\*+|\*+$/g, "")).split(/\*+/);
  const [first, ...others] = pieces as [string, ...string[]];
  const last = on ? undefined : others.pop();

  /** Whether it matches where the first piece is at that place. */
  const matchesAt = (start: number): boolean => {
    if (!text.startsWith(first, start)) return false;
    let at = start + first.length;
    // What comes first will do: what is behind it has the more room.
    for (const piece of others) {
      const next = text.indexOf(piece, at);
      if (next < 0 || text.slice(at, next).includes("/")) return false;
      at = next + piece.length;
    }
    if (last === undefined) return on || at === text.length;
    const end = text.length - last.length;
    return end >= at && text.endsWith(last) && !text.slice(at, end).includes("/");
  };

  if (!from) return matchesAt(0);
  for (let start = text.indexOf(first); start >= 0; start = text.indexOf(first, start + 1)) {
    if (matchesAt(start)) return true;
    if (start >= text.length) break; // nothing is found behind the end, again and again
  }
  return false;
}
