// Settings of this browser. A browser that forbids storage forgets them on reload, no more.

const prefix = "parley-desk-";

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // Private windows of some browsers: the setting holds until reload.
  }
}
