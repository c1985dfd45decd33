// The part that brings files to the server and from it, and draws those of messages.
import { setTexts } from "#texts/both";
import { Attached } from "../shared/attached";
import { bring } from "../shared/part";
import * as transfer from "../shared/transfer";

const files = { Attached, ...transfer, _speak: setTexts };

export type FilesPart = typeof files;

bring("files", files);
