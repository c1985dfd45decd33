// What goes over the console's socket; docs/protocol.md says what each frame means.

import type { Attachment } from "../shared/frames";

export type Me = { email: string; name: string; role: string };
export type Agent = { email: string; name: string; online: boolean };

export type Profile = {
  id?: string;
  email?: string;
  firstname?: string;
  lastname?: string;
  gender?: string;
  labels?: string[] | null;
  agent?: string;
  fields?: Record<string, string> | null;
};

export type Status = "open" | "resolved";
export type Author = "visitor" | "agent" | "system";

export type Summary = {
  id: string;
  site: string;
  person: boolean;
  name: string;
  profile: Profile;
  claims: Profile;
  note: string;
  status: Status;
  assignee: string;
  created: number;
  active: number;
  last: number;
  lastFrom: Author;
  lastText: string;
  read: number;
  unread: number;
  visitorRead: number;
  page: { url?: string; title?: string };
  online: boolean;
  rev: number;
};

export type Message = {
  seq: number;
  time: number;
  from: Author;
  name?: string;
  text: string;
  cid?: string;
  attachments?: Attachment[];
};

export type Question = {
  status: Status | "all";
  assignee?: string;
  label?: string;
  field?: { name: string; value: string };
  site?: string;
  search?: string;
  cursor?: string;
};

export type FromDesk =
  | ({ t: "inbox" } & Question)
  | { t: "open"; conv: string; after?: number }
  | { t: "leave"; conv: string }
  | { t: "earlier"; conv: string; before: number }
  | { t: "reply"; conv: string; cid: string; text: string; attachments?: string[] }
  | { t: "typing"; conv: string; on: boolean }
  | { t: "read"; conv: string; seq: number }
  | { t: "status"; conv: string; status: Status }
  | { t: "assign"; conv: string; agent: string };

export type ErrorFrame = {
  t: "error";
  code: string;
  text: string;
  cid?: string;
  conv?: string;
  retry?: number;
};

export type InboxPage = Question & { t: "inbox"; conversations: Summary[] | null; next?: string };

export type MessagesPage = {
  t: "messages";
  conv: string;
  messages: Message[] | null;
  earlier: boolean;
  after?: number;
  before?: number;
};

export type ToDesk =
  | { t: "hello"; me: Me; agents: Agent[] | null; sites: string[] | null; unread: number }
  | { t: "agents"; agents: Agent[] | null }
  | InboxPage
  | { t: "conversation"; c: Summary }
  | MessagesPage
  | { t: "message"; conv: string; m: Message }
  | { t: "typing"; conv: string; on: boolean }
  | { t: "gone"; conv: string }
  | { t: "merged"; conv: string; into: string }
  | { t: "ack"; conv: string; cid: string; seq: number; time: number }
  | ErrorFrame
  | { t: "signed_out" };
