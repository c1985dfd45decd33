// On a phone the keyboard covers the page without changing its height: the
// panel follows the part that can be seen.
export function followKeyboard(host: HTMLElement): void {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    const zoom = (host as { currentCSSZoom?: number }).currentCSSZoom ?? 1; // what the page has set
    // Enlarged by two fingers, the page shows a part of the panel, which stays as it is.
    if (view.scale === 1) host.style.setProperty("--top", view.offsetTop / zoom + "px");
    host.style.setProperty("--height", (view.height * view.scale) / zoom + "px");
  };
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
  fit();
}

/** On a low or narrow screen the panel covers the page; the style sheet breaks where this does. */
const covering = matchMedia("(max-width: 480px), (max-height: 480px)");

export const fullScreen = (): boolean => covering.matches;

export const onFullScreen = (changed: () => void): void => covering.addEventListener("change", changed);

/** While the panel covers the page, the Tab key doesn't lead behind it. */
export function keepFocus(root: ShadowRoot, isOpen: () => boolean): void {
  const trap = (event: KeyboardEvent) => {
    if (event.key !== "Tab" || !isOpen() || !fullScreen()) return;
    const stops = [...root.querySelectorAll<HTMLElement>("button, a, textarea, input, [tabindex]")].filter(
      (e) => e.offsetParent || e.matches(".launcher"),
    );
    const at = stops.indexOf(root.activeElement as HTMLElement);
    // Browsers stop at what scrolls, too.
    if (root.activeElement && (at < 0 || stops[at + (event.shiftKey ? -1 : 1)])) return;
    event.preventDefault();
    stops[event.shiftKey ? stops.length - 1 : 0]?.focus();
  };
  // The page may stop the event on its way.
  addEventListener("keydown", trap, true);
}
