// How the loader and the chat, two scripts of one page, find and use each other.
import type { ToVisitor, VisitorHello, VisitorOperations, VisitorPage } from "./operations";

/** The constant that the server writes in front of the loader: nothing that only the chat needs, since every page pays for it. */
export interface Config {
  path: string;
  site: string;
  /** The hash of the chat's script. */
  chat: string;
  color: string;
  /** What is written on that colour. */
  on: string;
  position: "right" | "left";
}

/** The constant that the server writes in front of the chat: what the site's configuration says, or "". */
export interface Texts {
  title: string;
  greeting: string;
}

export type EventName = "open" | "close" | "message" | "unread" | "online" | "reset" | "ready" | "error";

/** What the page's own script says of the visitor. */
export type Tags = { additionalTaggingData?: object; [key: string]: unknown };

/** What the loader offers the chat. */
export interface Host {
  config: Config;
  root: ShadowRoot;
  /** Fetches the chat when the page has time for it. */
  _load(): void;
  /** The loader's own answer from the server, until the chat has taken it. */
  _firstHello?: VisitorHello | undefined;
  chat?: Chat;
  /** Whether the chat was asked for while it was being fetched; false: to be closed. */
  wanted?: boolean;
  post(op: keyof VisitorOperations, body?: object, keepalive?: boolean): Promise<ToVisitor>;
  /** Whether there is a session to ask for; may take a moment, to hear from other tabs. */
  _hasSession(): Promise<boolean>;
  /** The readable cookie beside the session's own: "a" (anonymous), "p" (a person's), or undefined where there is no session. */
  _sessionCookie(): string | undefined;
  /** The secret of an anonymous chat, which its tabs share; "mark" in frames. */
  _tabSecret(): string | undefined;
  /** Keeps the tab secret and shares it with the other tabs; undefined drops it. */
  _keepTabSecret(secret: string | undefined): void;
  _currentPage(): VisitorPage;
  emit(event: EventName, detail?: unknown): unknown;
  /** The server ended the session: empties this tab and the others. */
  _sessionEnded(): void;
  /** What the page said of the visitor, until it is sent: once there is a conversation. */
  readonly _tags: Tags[];
  /** Shows the launcher's state, and tells the page of it. online is undefined while that is not known. */
  _showLauncher(open: boolean, unread: number, online?: boolean): void;
}

/** What the chat offers the loader. */
export interface Chat {
  open(focus: boolean): void;
  close(): void;
  /** Forgets everything at once. */
  forget(): void;
  /** The session may have changed; with veil, nothing old is shown before the server has answered. */
  wake(veil: boolean): void;
  /** The page goes into the back/forward cache, or away. */
  sleep(): void;
  /** The element was put back into the page. */
  _reattached(): void;
  /** The page has said something of the visitor. */
  _tagged(): void;
  /** What is begun and not sent. */
}

/** The address of an operation: absolute, since a base element of the page must not lead it elsewhere. */
export const address = (host: Host, op: string): string => location.origin + host.config.path + "/api/" + op;

/** Where the host is found on window. */
export const hostKey = Symbol.for("parley");

/** How long to wait before asking again after a stale answer, in milliseconds. */
export const staleDelays = [300, 1000, 3000];
