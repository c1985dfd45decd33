type Idle = (task: () => void, options: object) => unknown;

/** Does something when the page has time for it, or after a second. Safari has no idle callbacks. */
export const idle = (task: () => void): unknown =>
  ((window.requestIdleCallback ?? setTimeout) as Idle)(task, { timeout: 1000 });
