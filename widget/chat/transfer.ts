// Stands for shared/transfer.ts in the chat (#transfer), which fetches it when there
// is a file to send or to show.
import { unreached } from "../shared/errors";
import type * as transfer from "../shared/transfer";
import { host } from "./host";

type Transfer = typeof transfer;

/** Uploads that wait for the part; one that is not among them any more was aborted. */
const waiting = new Set<File>();

async function part(): Promise<Transfer | undefined> {
  await host._fetch("files").catch(() => {});
  return host._parts.files;
}

/** Where there is no part there is no contact: what asked for it asks again. */
export const upload: Transfer["upload"] = async (url, head, file, progress) => {
  waiting.add(file);
  const files = await part();
  return (waiting.delete(file) && files?.upload(url, head, file, progress)) || unreached;
};
export const download: Transfer["download"] = async (...args) => (await part())?.download(...args);
export const abortUploads: Transfer["abortUploads"] = () => {
  waiting.clear();
  host._parts.files?.abortUploads();
};
export const abortUpload: Transfer["abortUpload"] = (file) => {
  waiting.delete(file);
  host._parts.files?.abortUpload(file);
};
