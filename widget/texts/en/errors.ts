// What went wrong, by the server's code for it, in English. Whoever reads it is a
// visitor or an agent; it stands by itself.
import type { ErrorCode } from "../../shared/operations";

const outdated = "This page and the server don’t understand each other. Please reload the page.";

export const errors: Record<ErrorCode, string> = {
  unavailable: "The chat is unavailable right now. Please try again in a moment.",
  no_session: "The session has ended. Please reload the page.",
  not_found: "This can’t be found. It may have been removed, or it belongs to another site.",
  empty: "There is nothing to send: the message or the file is empty.",
  too_long: "The message is longer than 4,000 characters. Please send it in parts.",
  too_large: "The file is larger than 10 MB.",
  too_many: "That’s too many files. A message takes 5 at most.",
  too_many_unsent: "Ten files are waiting to be sent already. Please send those first.",
  no_upload: "A file isn’t there any more. Please add it again.",
  cut_off: "The file did not arrive whole. Please send it again.",
  forbidden: "You may not do this.",
  rate_limited: "That was too much at once. Please wait a moment.",
  conflict: "This exists already.",
  not_resolved: "The conversation was opened again. You can rate it once it is resolved.",
  answered: "Someone else has answered meanwhile.",
  wrong_credentials: "E-mail or password is wrong.",
  signed_out: "You are signed out. Please sign in again.",
  bad_token: "The server could not check who is signed in on this page.",
  foreign_origin: "The server takes this from its own pages only.",
  bad_frame: outdated,
  bad_content_type: outdated,
  bad_method: outdated,
  unknown_frame: outdated,
  frame_too_large: "This is too long. Please send it in parts.",
  too_many_open: "Too many conversations are open. Please reload the page.",
};

/** For a code of a newer server. */
export const otherError = "Something went wrong. Please try again, or reload the page.";
