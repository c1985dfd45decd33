// What visitors and agents read alike, in English.

export const today = "Today";
export const yesterday = "Yesterday";
// How long ago, as short as a list wants it.
export const now = "now";
export const minutesAgo = (n: number) => `${n}m`;
export const hoursAgo = (n: number) => `${n}h`;
export const daysAgo = (n: number) => `${n}d`;

export const kilobytes = (n: number) => `${n} KB`;
export const megabytes = (n: string) => `${n} MB`;
export const attachFiles = "Attach files";
export const filesToSend = "Files to send";
export const removeFile = (name: string) => `Remove ${name}`;
export const dropFiles = "Drop files to send them";
export const fileEmpty = (name: string) => `${name} is empty, or a folder`;
export const fileTooLarge = (name: string) => `${name} is larger than 10 MB`;
export const tooManyFiles = (most: number) => `At most ${most} files can be sent with one message`;
// With what the button shows, in this order: people say what they see.
export const download = (name: string, state: string) => `Download ${name} ${state}`;
export const downloadFailed = "Failed – try again";
export const upload = "Upload";

export const messages = "Messages";
export const loading = "Loading…";
export const sending = "Sending…";
export const send = "Send";
export const tryAgain = "Try again";
export const charactersLeft = (n: number) => `${n} characters left`;
export const charactersTooMany = (n: number) => `${n} characters too many`;
