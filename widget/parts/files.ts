// The part that brings files to the server and from it.
import { type Host, hostKey } from "../shared/host";
import * as transfer from "../shared/transfer";

(window as unknown as { [hostKey]: Host })[hostKey]._parts.files ??= transfer;
