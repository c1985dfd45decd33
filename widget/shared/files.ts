// Files on their way to the server and from it.
import type { Attachment, Failure } from "./frames";

/** What the server takes: files with a message, and bytes of one. */
export const mostFiles = 5;
const mostBytes = 10 << 20;

/** A file of a message that is under way; sent once the server has it. */
export interface Outgoing {
  file: File;
  sent?: Attachment;
}

export const outgoing = (files: readonly File[]): Outgoing[] => files.map((file) => ({ file }));

export const ids = (files: readonly Outgoing[]): { attachments?: string[] } =>
  files.length ? { attachments: files.map((f) => f.sent!.id) } : {};

/** The first that the server does not have yet. */
export const unsent = (files: readonly Outgoing[]): Outgoing | undefined => files.find((f) => !f.sent);

/** Joins what was chosen to what was there; with a word on what can't be sent. */
export function chosen(files: readonly File[], more: Iterable<File>): [files: File[], refused: string] {
  const all = [...files];
  let refused = "";
  for (const file of more) {
    if (!file.size) refused = `${file.name} is empty, or a folder`;
    else if (file.size > mostBytes) refused = `${file.name} is larger than 10 MB`;
    else if (all.length == mostFiles) refused = `${mostFiles} files at most go with one message`;
    else all.push(file);
  }
  return [all, refused];
}

/** "12 KB", "3.4 MB". */
export function bytes(n: number): string {
  return n < 999500 ? Math.ceil(n / 1000) + " KB" : (n / 1e6).toFixed(1) + " MB";
}

export const unreached: Failure = { t: "error", code: "unavailable", text: "unreached" };

/** Uploads one file; head says for whom. part is told how much is there, from 0 to 1. */
export function upload(url: string, head: object, file: File, part: (part: number) => void): Promise<Attachment | Failure> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(); // fetch tells no progress
    request.open("POST", url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => part(loaded / total);
    request.onloadend = () => resolve(read(request.responseText));
    request.send(new Blob([JSON.stringify({ ...head, name: file.name }), "\n", file]));
  });
}

function read(answer: string): Attachment | Failure {
  try {
    const frame = JSON.parse(answer);
    if (frame.t) return frame;
  } catch {}
  return unreached;
}

let turn: Promise<unknown> = Promise.resolve();

/** Asks for a file, one after the other: the server allows few at a time. Undefined if it can't be had. */
export function download(url: string, question: object): Promise<Blob | undefined> {
  const mine = turn.then(async () => {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(question),
      });
      // An error is JSON; a file never is.
      if (response.ok && response.headers.get("Content-Type") != "application/json") return await response.blob();
    } catch {}
    return undefined;
  });
  turn = mine;
  return mine;
}

/** Hands a file to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
