// The part that shows messages, fetched by who has some, or is about to write one.
import { setTexts } from "#texts/both";
import { Log } from "../chat/log";
import { bring } from "../shared/part";

const log = { _speak: setTexts, Log };

export type LogPart = typeof log;

bring("log", log);
