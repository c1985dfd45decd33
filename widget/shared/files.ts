// Files of messages: what is chosen, and what is said of it.
import * as texts from "#texts/both";
import type { Attachment } from "./operations";

/** What the server takes: files with a message, and bytes of one. */
export const mostFiles = 5;
const mostBytes = 10 << 20;

/** A file of a message that is under way; sent once the server has it. */
export interface OutgoingFile {
  file: File;
  sent?: Attachment;
}

export const outgoing = (files: readonly File[]): OutgoingFile[] => files.map((file) => ({ file }));

/** The first that the server does not have yet. */
export const unsent = (files: readonly OutgoingFile[]): OutgoingFile | undefined => files.find((f) => !f.sent);

/** Joins what was chosen to what was there; with a word on what can't be sent. */
export function chosen(files: readonly File[], more: Iterable<File>): [files: File[], refused: string] {
  const all = [...files];
  let refused = "";
  for (const file of more) {
    if (!file.size) refused = texts.fileEmpty(file.name);
    else if (file.size > mostBytes) refused = texts.fileTooLarge(file.name);
    else if (all.length === mostFiles) refused = texts.tooManyFiles(mostFiles);
    else all.push(file);
  }
  return [all, refused];
}
