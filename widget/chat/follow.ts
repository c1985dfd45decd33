// Tells the agents which page is being looked at, also where an application
// changes it without loading one.
import type { Page } from "../shared/frames";

const every = 1000;

export function followPage(page: () => Page, tell: (page: Page) => void): void {
  let known = page();
  setInterval(() => {
    if (document.hidden) return;
    const now = page();
    if (now.url === known.url && now.title === known.title) return;
    known = now;
    tell(now);
  }, every);
}
