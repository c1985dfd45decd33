// The loader's host.
import { type Host, hostKey } from "../shared/host";

export const host = (window as unknown as { [hostKey]: Host })[hostKey];
