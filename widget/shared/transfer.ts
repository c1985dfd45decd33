// Files on their way to the server and from it. The chat fetches this when there
// is a file (chat/transfer.ts).
import { unreached } from "./errors";
import type { Failure, Uploaded } from "./operations";

/** A request on which nothing moves for so long is given up, in milliseconds. */
const stallTimeout = 40_000;

/** Asks by POST, until the answer is there or nothing moves any more. Not by fetch, which tells no progress. */
function posted(
  url: string,
  type: string,
  body: XMLHttpRequestBodyInit,
  prepare: (request: XMLHttpRequest) => void,
): Promise<XMLHttpRequest> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let watch: ReturnType<typeof setTimeout>;
    const moves = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), stallTimeout);
    };
    request.open("POST", url);
    request.setRequestHeader("Content-Type", type);
    prepare(request);
    request.upload.addEventListener("progress", moves);
    request.onprogress = moves;
    request.onloadend = () => {
      clearTimeout(watch);
      resolve(request);
    };
    moves();
    request.send(body);
  });
}

const uploads = new Map<File, XMLHttpRequest>();

/** Uploads one file; head says for whom. part is told how much is there, from 0 to 1. */
export async function upload(
  url: string,
  head: object,
  file: File,
  part: (part: number) => void,
): Promise<Uploaded | Failure> {
  const body = new Blob([JSON.stringify({ ...head, name: file.name }), "\n", file]);
  const request = await posted(url, "application/octet-stream", body, (request) => {
    request.upload.onprogress = ({ loaded, total }) => part(loaded / total);
    uploads.set(file, request);
  });
  uploads.delete(file);
  return read(request.responseText);
}

/** The network is taken for dead: uploads under way fail now, and can begin anew. */
export function abortUploads(): void {
  for (const request of uploads.values()) request.abort();
}

/** Nobody wants the file sent any more. */
export function abortUpload(file: File): void {
  uploads.get(file)?.abort();
}

function read(answer: string): Uploaded | Failure {
  try {
    const frame = JSON.parse(answer);
    if (frame.t) return frame;
  } catch {}
  return unreached;
}

let turn: Promise<unknown> = Promise.resolve();

/**
 * Asks for a file. Those that nobody waits for come one after the other, since
 * the server allows few at a time. Undefined if it can't be had.
 */
export function download(url: string, question: object, now: boolean): Promise<Blob | undefined> {
  if (now) return downloaded(url, question);
  const mine = turn.then(() => downloaded(url, question));
  turn = mine;
  return mine;
}

async function downloaded(url: string, question: object): Promise<Blob | undefined> {
  const request = await posted(
    url,
    "application/json",
    JSON.stringify(question),
    (request) => (request.responseType = "blob"),
  );
  // An error is JSON; a file never is.
  const file = request.status === 200 && request.getResponseHeader("Content-Type") !== "application/json";
  return file ? request.response : undefined;
}

/** Hands a file to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** The longer side of a picture as it is drawn, in pixels. */
const longest = 640;

/** Draws a picture, as small as it is shown at most. */
export async function drawPicture(canvas: HTMLCanvasElement, blob: Blob): Promise<void> {
  const picture = await createImageBitmap(blob);
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  canvas.width = Math.ceil(picture.width * scale);
  canvas.height = Math.ceil(picture.height * scale);
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
}
