// How the scripts of one page, loader, session, chat and its parts, find and use each other.
import type * as preact from "preact";
import type * as hooks from "preact/hooks";
import type { CopyPart } from "../parts/copy";
import type { EmojiPart } from "../parts/emoji";
import type { FilesPart } from "../parts/files";
import type { FormsPart } from "../parts/forms";
import type { LogPart } from "../parts/log";
import type { MenuPart } from "../parts/menu";
import type { PicturePart } from "../parts/picture";
import type { RatingPart } from "../parts/rating";
import type { SoundPart } from "../parts/sound";
import type { ToVisitor, VisitorHello, VisitorOperations, VisitorPage } from "./operations";

/** The constant that the server writes in front of the loader: nothing that only the chat needs, since every page pays for it. */
export interface Config {
  path: string;
  site: string;
  /** Names all that is fetched later: another one is another address. */
  version: string;
  /** The place of the button and the colours, as rules. %o stands for the page's origin. */
  css: string;
  /** What the button is called: a line for each language, English first, behind its code and a space. */
  names: string;
}

/** The constant that the server writes in front of the chat, with more that #texts/… takes from it. */
export interface Look {
  lang: string;
  /** In the order in which the script expects them. */
  texts: unknown[];
  position: "right" | "left";
  /** There is something to ask or to offer before the first message: first, in the place of the composer. */
  asks?: "first" | "beside";
  /** Who has written while nobody is there is not offered to leave an e-mail address. */
  noOffer?: boolean;
  /** What the site's colour, offset, pictures and scheme make of the style sheet. %o stands for the page's origin. */
  css: string;
}

export type EventName =
  | "ready"
  | "open"
  | "close"
  | "message"
  | "unread"
  | "online"
  | "agent-online"
  | "rule"
  | "reset"
  | "error";

/** What the page's own script says of the visitor. */
export type Tags = { additionalTaggingData?: object | null; [key: string]: unknown };

/** What a page reads of the chat. */
export interface PageApi {
  isOpen: boolean;
  unread: number;
  online?: boolean | undefined;
  open(): void;
  on(event: EventName, fn: (detail?: unknown) => void): () => void;
}

/** What the scripts of parts bring. Each is fetched by its name here. */
export interface Parts {
  sound?: SoundPart;
  emoji?: EmojiPart;
  picture?: PicturePart;
  copy?: CopyPart;
  files?: FilesPart;
  log?: LogPart;
  menu?: MenuPart;
  rating?: RatingPart;
  forms?: FormsPart;
}

export type Preact = Pick<typeof preact, "Component" | "createElement" | "Fragment"> &
  Pick<typeof hooks, "useEffect" | "useLayoutEffect" | "useMemo" | "useRef" | "useState">;

/** What the session offers the loader. */
export interface Session {
  /** Asks who the visitor is, if there is a session to ask for. */
  _wake(veil: boolean): void;
  /** Takes a token of the page. */
  _identify(token: unknown): void;
  /** Logs out; said: the page had said something of the visitor. */
  _reset(said: boolean, sent?: Promise<Response>): void;
  /** Says whether an agent is there, which is asked where it is not known. */
  _isOnline(fn: (online: boolean) => void): void;
  /** Opens the chat and sends as the visitor. */
  _send(text: string): void;
}

/** What the loader and the session offer the chat. */
export interface Host {
  config: Config;
  root: ShadowRoot;
  readonly _api: PageApi;
  /** There once the session's script has run, and with it all that is about requests and tabs. */
  _session?: Session;
  /** Fetches one of our scripts, which has run when that resolves. A failed attempt may be repeated. */
  _fetch(name: string): Promise<unknown>;
  /** What the scripts of parts have brought, by their names. */
  readonly _parts: Parts;
  /** The chat's Preact, for the parts that draw in it; there once the chat has run. */
  _preact?: Preact;
  /** Builds the chat, where its script came before the session's. */
  _mount?(): void;
  /** The language that scripts are fetched in: that of the page, unless it has chosen another. */
  _language(): string;
  /** Fetches the chat, if that can be had. */
  _load(): Promise<void>;
  /** The loader's own answer from the server, until the chat has taken it. */
  _firstHello?: VisitorHello | undefined;
  chat?: Chat;
  /** Whether the chat was asked for while it was being fetched; false: to be closed. */
  wanted?: boolean;
  post(op: keyof VisitorOperations, body?: object, keepalive?: boolean): Promise<ToVisitor>;
  /** Whether there is a session to ask for; may take a moment, to hear from other tabs. */
  _hasSession(): Promise<boolean>;
  /** The readable cookie beside the session's own. */
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
  /** What waits for the session's script, of the present visitor. */
  readonly _tasks: ((session: Session) => void)[];
  /** What does, whoever the visitor is: it goes before. */
  readonly kept: ((session: Session) => void)[];
  /** What the page would have the visitor begin with, until the chat has it. */
  _prefill?: string | undefined;
  /** What the page has sent as the visitor, until the chat has it. */
  readonly _toSend: string[];
  /** The page wants no button. */
  _hidden?: boolean;
  /** The names of the rules that have matched. */
  readonly _matched: string[];
  /** Takes the server's answer to who the visitor is, where the site has rules. */
  _greeted?(hello: VisitorHello): void;
  /** What a rule has said: it stands for the greeting. */
  _greeting?: string | undefined;
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
  /** Takes the page's text for the visitor to begin with. */
  _fillIn(): void;
  /** Sends what the page has said, as the visitor does. */
  _sendAll(): void;
  /** Takes the texts of another language. */
  _speak(look: Look): void;
}

/** The address of an operation: absolute, since a base element of the page must not lead it elsewhere. */
export const address = (host: Host, op: string): string => location.origin + host.config.path + "/api/" + op;

/** Where the host is found on window. */
export const hostKey = Symbol.for("parley");

/** Whether texts are in the language that is wanted now: a script may have been on its way while that changed. */
export const isWanted = (host: Host, { lang }: { lang: string }): boolean =>
  host._language().replace("no", "nb") === lang;

/** How long to wait before asking again after a stale answer, in milliseconds. */
export const staleDelays = [300, 1000, 3000];
