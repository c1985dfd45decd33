import type { Config } from "../shared/host";
import { panelKey } from "../shared/stored";

declare const __PARLEY__: Config;

export const config = __PARLEY__;
/** Where the chat leaves to the tab's next page what was open and begun. */
export const panel = panelKey(config.site);

// Only while the script itself runs does the page say which element it is.
const script = document.currentScript as HTMLScriptElement | null;
export const nonce = script?.nonce ?? "";
// React 18 hydrates no document with an element that it did not render.
script?.remove();

/** The address of the chat's script. */
export const chat = (): string => address(config.path + "/chat.js?v=" + config.chat);

/** The address of one of our files: a base element of the page must not lead it elsewhere. */
export const address = (path: string): string => location.origin + path;
