import * as texts from "#texts/both";

/** Characters of one message, as the server counts them. */
const longest = 4000;
/** From here on the writer is told what is left. */
const warnFrom = 3600;

/** What of a text is sent, in characters: not in UTF-16 units, of which an emoji has two. */
export const lengthOf = (text: string): number => Array.from(text.trim()).length;

export const isTooLong = (length: number): boolean => length > longest;

/** What to say of a text's length; "" for most. */
export function lengthNotice(length: number): string {
  if (isTooLong(length)) return texts.charactersTooMany(length - longest);
  return length < warnFrom ? "" : texts.charactersLeft(longest - length);
}

/** Whether a key belongs to an input method that composes a character. The one that ends it Safari tells by its code only. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

/** Whether a key sends: Enter, but not the one that ends the composition of a character. */
export const isSendKey = (event: KeyboardEvent): boolean =>
  event.key === "Enter" && !event.shiftKey && !isComposing(event);
