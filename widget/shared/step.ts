/** What is on screen of a log of messages. */
export interface Shown {
  /** What it is a view of; another one begins at its end. */
  view: string;
  /** The sequence numbers of the first and the last message; 0 where there is none. */
  first: number;
  last: number;
  /** The client id of the last message under way: one's own is always scrolled to. */
  own: string;
}

/** How to scroll after a drawing. "keep" and "stay" leave what is read in its place, "news" too: something new is out of sight. */
export function step(before: Shown, now: Shown, atEnd: boolean): "end" | "keep" | "news" | "stay" {
  if (before.view !== now.view) return "end";
  if (now.first < before.first && now.last === before.last) return "keep";
  if (atEnd || (now.own && now.own !== before.own)) return "end";
  return now.last > before.last ? "news" : "stay";
}
