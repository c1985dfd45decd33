// The language of the texts, and how its readers write dates and numbers.

/** What the texts are in. */
export let language = "en";
/** Whose dates and numbers; undefined leaves it to the browser. */
export let locale: string | undefined;

/** Whether it is written from right to left. */
export const rightToLeft = (): boolean => ["ar", "he"].includes(language);

/** Sets the language. Its reader's own region counts, as the browser knows it: "de" is "de-AT" to an Austrian. */
export function setLanguage(code: string): void {
  language = code;
  locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === code) ?? code;
}
