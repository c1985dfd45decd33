// Settings of this browser, kept once they were made. A browser that forbids
// storage forgets them on reload, no more.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a value; without one, what was kept goes. */
export function remember(name: string, value?: string): void {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // Private windows of some browsers: the setting holds until reload.
  }
}
