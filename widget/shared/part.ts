import { type Host, hostKey, type Parts } from "./host";
import { addStyle } from "./style";

declare const __PARLEY__: { lang: string; texts: unknown[] };

/**
 * Brings what a script has, with its style. Where that was there before, it goes on, in the language in which the
 * script has come now.
 */
export function bring<N extends keyof Parts>(name: N, part: NonNullable<Parts[N]>, css?: string): void {
  const { _parts: parts, root } = (window as unknown as { [hostKey]: Host })[hostKey];
  const known = parts[name];
  if (known) return (known as { _speak?(served: object): void })._speak?.(__PARLEY__);
  parts[name] = part;
  if (css) addStyle(root, css);
}
