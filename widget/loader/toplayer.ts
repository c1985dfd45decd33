// Keeps the chat above all else that a page shows: in the browser's top layer,
// which neither stacking nor transforms of the page reach. Browsers that have
// no popovers are left with the z-index of the style sheet.
import { element } from "./launcher";

// A dialog or an element in full screen that makes all around it inert: while
// there is one, the chat is in it. Films are to be seen alone.
const modal = ":modal:not(:root,video,iframe,:fullscreen:has(video))";

/** Stays above what enters the top layer later. */
export function stayOnTop(): void {
  if (!(element as Partial<HTMLElement>).showPopover) return;
  follow(new Event("focusin")); // a dialog may be there before
  for (const type of ["toggle", "close", "focusin", "fullscreenchange"]) addEventListener(type, follow, true);
  // A dialog that closes at clicks beside its content must not take ours for such.
  for (const type of ["click", "mousedown", "pointerdown"])
    element.addEventListener(type, (event) => element.closest(modal) && event.stopPropagation());
}

function follow(event: Event): void {
  const around = event.composedPath().find((node) => (node as Partial<Element>).matches?.(modal));
  const place =
    (around as Element) ??
    element.closest(modal) ??
    [...document.querySelectorAll(modal)].pop() ??
    document.documentElement;
  if (place !== element.parentNode) place.append(element);
  // Later, and so not too often: others may want to be on top too.
  else if (event.type !== "focusin" && event.target !== element) setTimeout(raise, 100);
}

function raise(): void {
  if (document.fullscreenElement?.contains(element) === false) return;
  element.hidePopover();
  element.showPopover();
}
