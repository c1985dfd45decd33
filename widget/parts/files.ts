// The part that brings files to the server and from it, and draws those of messages.
import { Attached } from "../shared/attached";
import { type Host, hostKey } from "../shared/host";
import * as transfer from "../shared/transfer";

const files = { Attached, ...transfer };

export type FilesPart = typeof files;

(window as unknown as { [hostKey]: Host })[hostKey]._parts.files = files;
