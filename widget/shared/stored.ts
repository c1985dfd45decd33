// What a tab keeps from page to page, and what the browser tells of a session. Where storage is barred or full, what would
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

/** Where the secret of an anonymous chat is kept, which its tabs share. */
export const secretKey = (site: string): string => "parley:" + site;

/** The readable cookie beside the session's own: "a" (anonymous), "p" (a person's), or undefined where there is no session. */
export const cookieOf = (site: string): string | undefined =>
  `; ${document.cookie}`.split(`; parley-${site}=`)[1]?.split(";")[0];

/** Where the chat leaves to the tab's next page what was open and begun. */
export const panelKey = (site: string): string => "parley-panel:" + site;
