// The loader: the one script that every page gets. It shows the button, and
// fetches the chat when it is wanted or there is a conversation.
import * as texts from "#texts/visitor";
import { unreached } from "../shared/errors";
import { type Host, hostKey, type Tags } from "../shared/host";
import { stored } from "../shared/stored";
import { panel } from "./env";
import { emit, on } from "./events";
import { host } from "./host";
import { attach, button, create, root, show, showNote } from "./launcher";
import { fetchChat } from "./script";
import { ended, reset, wake } from "./session";
import * as tab from "./tab";
import { tag } from "./tags";
import { stayOnTop } from "./toplayer";

type Global = Window & { Parley?: object; CV?: object; [hostKey]?: Host };
type Call = [name: string, ...args: unknown[]];
interface Api {
  [name: string]: unknown;
  user: object;
  push(...calls: Call[]): void;
  isOpen: boolean;
  unread: number;
  online?: boolean | undefined;
}
type Parts = { [name: string]: Parts } & ((...args: unknown[]) => void);
type Idle = (task: () => void, options: object) => unknown;
declare const window: Global;

let attached = false;

host._sessionEnded = ended;
host._showLauncher = (open, unread, online) => {
  show(open);
  if (open !== api.isOpen) emit((api.isOpen = open) ? "open" : "close");
  if (unread !== api.unread) emit("unread", (api.unread = unread));
  if (online !== api.online) emit("online", (api.online = online));
};

async function load(): Promise<void> {
  showNote("");
  button.classList.toggle("busy", !!host.wanted);
  try {
    await fetchChat();
  } catch {
    if (host.wanted) showNote(texts.unavailable);
    emit("error", unreached);
    host.wanted = false;
  }
  button.classList.remove("busy");
}

function open(): void {
  host.wanted = true;
  if (!attached) return;
  if (host.chat) host.chat.open(true);
  else load();
}

function close(): void {
  host.wanted = false;
  host.chat?.close();
}

async function start(): Promise<void> {
  button.onclick = () => (api.isOpen ? close() : open());
  const listen = (): void => tab.listen(look, () => ended(true));
  listen();
  addEventListener("pagehide", () => {
    host.chat?.sleep();
    tab.stopListening();
  });
  addEventListener("pageshow", (event) => {
    listen();
    if (!event.persisted) return;
    wake(true);
    if (stored(panel)) load(); // this page had no chat to take it up
  });
  // A sign-in without a page load shows by its cookie, where the browser tells.
  let cookie = tab.cookie();
  const changed = (): void => {
    if (cookie !== (cookie = tab.cookie())) look();
  };
  (window as { cookieStore?: EventTarget }).cookieStore?.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => document.hidden || host.chat || changed());
  // What was open on the page before comes with the button, and not after it.
  // A connection that stalls holds up neither.
  if (stored(panel)) await Promise.race([load(), new Promise((done) => setTimeout(done, 2000))]);
  attached = true;
  attach();
  stayOnTop();
  look();
  if (host.wanted) open();
  emit("ready");
}

// Safari has no idle callbacks.
const idle = (task: () => void): unknown =>
  ((window.requestIdleCallback ?? setTimeout) as Idle)(task, { timeout: 1000 });
const look = (): void => void (attached && wake(false));

/** What the page finds as Parley. */
const api: Api = {
  open,
  close,
  user: { tag: (data: Tags) => tag(data, look), reset },
  on,
  ready: (fn: () => void) => void (attached ? queueMicrotask(fn) : on("ready", fn)),
  /** Makes calls that are written as arrays, ["user.tag", {…}], as pages may before this script has run. */
  push: (...calls: Call[]) => {
    for (const [name, ...args] of calls)
      queueMicrotask(() => name.split(".").reduce((at, part) => at[part]!, api as unknown as Parts)(...args));
  },
  isOpen: false,
  unread: 0,
};

/** Frameworks that hydrate the whole document must be done first; prerendered pages may never be seen. */
function whenLoaded(): void {
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener("prerenderingchange", whenLoaded);
  else if (document.readyState === "complete") idle(start);
  else addEventListener("load", () => idle(start));
}

// A sandboxed document has no origin, hence neither cookies nor a server to talk
// to. A page in a frame has the chat of the page around it; over plain HTTP the
// server can't tell the two.
if (!window[hostKey] && top === window && origin !== "null") {
  window[hostKey] = host;
  create(() => host.chat?._reattached());
  host.root = root;
  host._load = () => idle(load);
  const calls = window.Parley;
  window.Parley = api;
  window.CV ??= api;
  if (Array.isArray(calls)) api.push(...calls);
  whenLoaded();
}
