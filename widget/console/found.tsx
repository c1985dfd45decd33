// Marks what a search has found.

import { useMemo } from "preact/hooks";
import { found, wordsOf } from "./fold";

/** A text in which what a search looks for is marked. */
export function Found({ text, search }: { text: string; search: string }) {
  const pieces = useMemo(() => found(text, wordsOf(search)), [text, search]);
  return <>{pieces.map((piece, i) => (i % 2 ? <mark key={i}>{piece}</mark> : piece))}</>;
}
