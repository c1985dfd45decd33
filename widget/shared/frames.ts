// What the server says to the widget; docs/protocol.md says what each frame means.

export type Who = "none" | "anonymous" | "person";

/** A file of a message; the server's answer to an upload has a t too. */
export interface Attachment {
  t?: "uploaded";
  id: string;
  name: string;
  type: string;
  size: number;
}

export interface Message {
  seq: number;
  time: number;
  from: "visitor" | "agent" | "system";
  name?: string;
  text: string;
  cid?: string;
  attachments?: Attachment[];
}

export interface Me {
  firstname?: string;
  lastname?: string;
  email?: string;
}

export interface State {
  status: "open" | "resolved";
  last: number;
  read: number;
  unread: number;
  agent?: string;
}

export interface Hello {
  t: "hello";
  who: Who;
  online: boolean;
  me?: Me;
  conversation?: State;
  messages?: Message[] | null;
  earlier?: boolean;
  mark?: string;
  stale?: boolean;
}

export interface Failure {
  t: "error";
  code: string;
  text: string;
  cid?: string;
  retry?: number;
}

export type Frame =
  | Hello
  | Failure
  | { t: "message"; m: Message }
  | { t: "ack"; cid: string; seq: number; time: number }
  | ({ t: "state" } & State)
  | { t: "typing"; on: boolean; name?: string }
  | { t: "online"; on: boolean }
  | { t: "earlier"; messages?: Message[] | null; earlier?: boolean }
  | { t: "reset" }
  | { t: "again" }
  | { t: "ok" };

/** What the widget says to the server. */
export type FromWidget = { t: string; [field: string]: unknown };

/** Where the visitor is. */
export interface Page {
  url: string;
  title: string;
}
