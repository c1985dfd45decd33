import * as texts from "#texts/both";

export { isComposing, isSendKey } from "./sendkey";

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
