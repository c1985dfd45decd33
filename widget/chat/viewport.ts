// On a phone the keyboard covers the page without changing its height: the
// panel follows the part that can be seen.
export function followKeyboard(host: HTMLElement): void {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    host.style.setProperty("--top", view.offsetTop + "px");
    host.style.setProperty("--height", view.height + "px");
  };
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
  fit();
}
