import type { Config } from "../shared/host";
import { cookieOf, panelKey, secretKey } from "../shared/stored";

declare const __PARLEY__: Config;

export const config = __PARLEY__;
/** Where the chat leaves to the tab's next page what was open and begun. */
export const panel = panelKey(config.site);

// Only while the script itself runs does the page say which element it is.
const script = document.currentScript as HTMLScriptElement | null;
export const nonce = script?.nonce ?? "";
// React 18 hydrates no document with an element that it did not render.
script?.remove();

/** The tab secret, of who has used the chat in this tab. */
export const secret = secretKey(config.site);
export const cookie = (): string | undefined => cookieOf(config.site);

/** The address of one of our scripts. */
export const scriptURL = (name: string): string =>
  address(`${config.path}/${name.replace(/\W/g, "")}.js?v=${config.version}&l=${language()}`);

/** The language that the page has chosen for the chat. */
let locale = "";

/** Chooses a language; whether there are texts in it. */
export const chooseLocale = (tag: string): boolean => !!lineOf(tag) && !!(locale = tag);

const lineOf = (tag: string): string | undefined =>
  config.names.split("\n").find((line) => line.startsWith(tag.toLowerCase().split("-")[0] + " "));

/** What the button is called behind the language that it is in: the first that there are texts in, of the page's choice, the page, its reader, and English. */
export const openChat = (): string =>
  // Where no script has asked the navigator for anything yet, that is slow.
  lineOf(locale) ??
  lineOf(document.documentElement.lang) ??
  navigator.languages.map(lineOf).find(Boolean) ??
  lineOf("en")!;

export const language = (): string => openChat().slice(0, 2);

/** The address of one of our files: a base element of the page must not lead it elsewhere. */
export const address = (path: string): string => location.origin + path;
