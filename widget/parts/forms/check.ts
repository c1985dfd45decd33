// Whether what was typed can be what was asked for. Only the form is looked at:
// whether there is such an address nobody knows.

/** One @, with a name before it and a domain with a dot behind it, in any script. */
export const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text);

/** At least five digits of any script, with what people write between them, and an extension. */
export const isPhone = (text: string): boolean =>
  /^[+(]?[\p{Nd}\s()./+–-]*(?:(?:x|ext\.?|#)\s?\p{Nd}+)?$/iu.test(text) && (text.match(/\p{Nd}/gu) ?? []).length >= 5;
