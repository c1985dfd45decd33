// The part that shows messages, fetched by who has some, or is about to write one.
import { Log } from "../chat/log";
import { type Host, hostKey } from "../shared/host";

const log = { Log };

export type LogPart = typeof log;

(window as unknown as { [hostKey]: Host })[hostKey]._parts.log = log;
