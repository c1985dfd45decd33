// Tells the agents which page is being looked at, also where an application
// changes it without loading one.
import type { VisitorPage } from "../shared/operations";

/** In milliseconds. */
const interval = 1000;

export function followPage(page: () => VisitorPage, onChange: (page: VisitorPage) => void): void {
  let known = page();
  setInterval(() => {
    if (document.hidden) return;
    const now = page();
    if (now.url === known.url && now.title === known.title) return;
    known = now;
    onChange(now);
  }, interval);
}
