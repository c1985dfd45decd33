// The loader's host, and what this script needs of its configuration.
import { type Host, hostKey } from "../shared/host";
import { panelKey } from "../shared/stored";

export const host = (window as unknown as { [hostKey]: Host })[hostKey];
export const { config } = host;

/** Where the chat leaves to the tab's next page what was open and begun. */
export const panel = panelKey(config.site);

/** The address of one of our files: a base element of the page must not lead it elsewhere. */
export const address = (path: string): string => location.origin + path;
