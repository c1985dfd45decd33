// The chat stands beside the body and is light or dark with it all the same,
// where the page says so of the body alone.
export function followScheme(host: HTMLElement): void {
  const { documentElement } = document;
  const follow = () => {
    host.style.setProperty("--scheme", getComputedStyle(document.body ?? documentElement).colorScheme);
    if (document.body) observer.observe(document.body, { attributes: true });
  };
  const observer = new MutationObserver(follow);
  observer.observe(documentElement, { attributes: true, childList: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
  follow();
}
