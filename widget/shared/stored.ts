// What a tab keeps from page to page. Where storage is barred or full, what would
// be in it lives as long as the page.

export function stored(name: string): string | undefined {
  try {
    return sessionStorage[name];
  } catch {
    return undefined;
  }
}

/** Keeps a value; without one, what was kept goes. */
export function keepStored(name: string, value?: string): void {
  try {
    if (value) sessionStorage[name] = value;
    else delete sessionStorage[name];
  } catch {}
}

/** Where the chat leaves to the tab's next page what was open and begun. */
export const panelKey = (site: string): string => "parley-panel:" + site;
