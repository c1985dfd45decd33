import type { Config } from "../shared/host";

declare const __PARLEY__: Config;

export const config = __PARLEY__;

// Only while the script itself runs does the page say which element it is.
export const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce ?? "";

/** The address of the chat's script. */
export const chat = (): string => address(config.path + "/chat.js?v=" + config.chat);

/** The address of one of our files: a base element of the page must not lead it elsewhere. */
export const address = (path: string): string => location.origin + path;
