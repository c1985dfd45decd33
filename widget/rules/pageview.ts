// One page, as its visitor looks at it: a load, a path that an application goes
// to without one, or a page that the browser brings back.

/** A gap that is longer was no looking: the machine slept. In milliseconds. */
const longestGap = 2000;

export class PageView {
  /** How long it has been looked at. */
  seconds = 0;
  /** How far down it has been seen, in percent. */
  scrolled = 0;
  /** Nothing more is shown on it. */
  done = false;

  constructor(
    readonly path: string,
    private _last: number,
    private _visible: boolean,
  ) {}

  /** Says what time it is, in milliseconds, and whether the page is looked at from now on. */
  tick(now: number, visible: boolean): void {
    if (this._visible) this.seconds += Math.min(now - this._last, longestGap) / 1000;
    this._last = now;
    this._visible = visible;
  }

  /** Something in it was scrolled. Only what fills most of the window is the page. */
  scroll({ scrollTop, clientHeight, scrollHeight }: Element, windowHeight: number): void {
    if (clientHeight * 2 < windowHeight) return;
    // Positions are fractions of a pixel where the page is enlarged.
    this.scrolled = Math.max(this.scrolled, (100 * (scrollTop + clientHeight + 1)) / scrollHeight);
  }
}

/** The path of the address, as a person writes it. */
export function pathOf(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname; // no UTF-8
  }
}
