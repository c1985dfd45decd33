/** Whether a key belongs to an input method that composes a character. The one that ends it Safari tells by its code only. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

/** Whether a key sends: Enter, but not the one that ends the composition of a character. */
export const isSendKey = (event: KeyboardEvent): boolean =>
  event.key === "Enter" && !event.shiftKey && !isComposing(event);
