import type { ComponentChildren } from "preact";
import { links } from "./links";

/** A text with its links; show may make more of what there is to read. */
export const linked = (
  text: string,
  show: (text: string) => ComponentChildren = (piece) => piece,
): ComponentChildren[] =>
  links(text).map((piece) =>
    typeof piece === "string" ? (
      show(piece)
    ) : (
      <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
        {show(piece.shown)}
      </a>
    ),
  );
