import type { ComponentChildren } from "preact";
import { links } from "./links";

/** A text with its links. */
export const linked = (text: string): ComponentChildren[] =>
  links(text).map((piece) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
        {piece.shown}
      </a>
    ),
  );
