// The open conversation stands in the address, `#/c/ID`, so that a reload returns to it.

const prefix = "#/c/";

export const href = (id: string) => prefix + encodeURIComponent(id);

export function routed(): string {
  if (!location.hash.startsWith(prefix)) return "";
  try {
    return decodeURIComponent(location.hash.slice(prefix.length));
  } catch {
    return "";
  }
}

export function go(id: string): void {
  location.hash = id ? href(id) : "#/";
}

/** Goes there without a further step in the browser's history. */
export function goInstead(id: string): void {
  location.replace(id ? href(id) : "#/");
}
