// The loader: the one script that every page gets. It shows the button, and
// fetches the chat when it is wanted or there is a conversation.
import * as texts from "#texts/visitor";
import { unreached } from "../shared/errors";
import { type Host, hostKey } from "../shared/host";
import { currentPage, post } from "./api";
import { config } from "./env";
import { emit, on } from "./events";
import { attach, button, create, root, show, showNote } from "./launcher";
import { fetchChat } from "./script";
import { ended, reset, start as startSession, wake } from "./session";
import * as tab from "./tab";
import { setConversation, type Tags, tag } from "./tags";
import { stayOnTop } from "./toplayer";

type Global = Window & { Parley?: object; CV?: object; [hostKey]?: Host };
type Idle = (task: () => void, options: object) => unknown;
declare const window: Global;

let attached = false;
let isOpen = false;

const host: Host = {
  config,
  get root() {
    return root;
  },
  wanted: false,
  post,
  _hasSession: tab.knowsSession,
  _sessionCookie: tab.cookie,
  _tabSecret: tab.secret,
  _keepTabSecret: tab.keep,
  _currentPage: currentPage,
  emit,
  _sessionEnded: () => ended(),
  _conversationExists: () => setConversation(true),
  _showLauncher(open) {
    show(open);
    if (open !== isOpen) emit((isOpen = open) ? "open" : "close");
  },
  _focusLauncher: () => button.focus(),
};

async function load(): Promise<void> {
  showNote("");
  button.classList.toggle("busy", host.wanted);
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

function start(): void {
  attached = true;
  attach();
  stayOnTop();
  button.onclick = () => (isOpen ? close() : open());
  const listen = (): void => tab.listen(look, () => ended(true));
  listen();
  addEventListener("pagehide", () => {
    host.chat?.sleep();
    tab.stopListening();
  });
  addEventListener("pageshow", (event) => {
    listen();
    if (event.persisted) wake(true);
  });
  // A sign-in without a page load shows by its cookie, where the browser tells.
  let cookie = tab.cookie();
  const changed = (): void => {
    if (cookie !== (cookie = tab.cookie())) look();
  };
  (window as { cookieStore?: EventTarget }).cookieStore?.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => document.hidden || host.chat || changed());
  startSession(host, () => idle(load));
  if (host.wanted) open();
  emit("ready");
}

// Safari has no idle callbacks.
const idle = (task: () => void): unknown =>
  ((window.requestIdleCallback ?? setTimeout) as Idle)(task, { timeout: 1000 });
const look = (): void => void wake(false);

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
  const user = { tag: (data: Tags) => tag(data, look), reset };
  window.Parley = {
    open,
    close,
    user,
    on,
    ready: (fn: () => void) => void (attached ? queueMicrotask(fn) : on("ready", fn)),
  };
  window.CV ??= { user };
  whenLoaded();
}
