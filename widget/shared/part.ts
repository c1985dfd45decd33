import { type Host, hostKey, isWanted, type Parts } from "./host";
import { addStyle } from "./style";

type Served = { lang: string; texts: unknown[] };

declare const __PARLEY__: Served;

/**
 * Brings what a script has, with its style. Where that was there before, it goes on, in the language in which the
 * script has come now.
 */
export function bring<N extends keyof Parts>(name: N, part: NonNullable<Parts[N]>, css?: string): void {
  const host = (window as unknown as { [hostKey]: Host })[hostKey];
  const known = host._parts[name];
  if (!known) {
    host._parts[name] = part;
    if (css) addStyle(host.root, css);
  }
  const { _speak } = (known ?? part) as { _speak?(served: Served): void };
  if (!_speak) return; // it says nothing
  if (!isWanted(host, __PARLEY__)) host._fetch(name).catch(() => {});
  else if (known) _speak(__PARLEY__);
}

/** Whether the visitor writes a message, and has not waited for what comes now. */
export const isWriting = (root: ShadowRoot): boolean => !!root.activeElement?.matches("textarea");
