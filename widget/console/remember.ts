// The console's settings.
import * as browser from "../shared/remember";

const prefix = "parley-desk-";

export const recall = (key: string): string | null => browser.recall(prefix + key);

export const remember = (key: string, value: string): void => browser.remember(prefix + key, value);
