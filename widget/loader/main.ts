// The loader: the one script that every page gets. It shows the button, and
// fetches the session's script when there is a session or something to tell the
// server, and the chat when it is wanted or there is a conversation.
import type { ParleyAPI, ParleyTags } from "../parley";
import { type Host, hostKey, type PageApi, type Session, type Tags } from "../shared/host";
import { idle } from "../shared/idle";
import { keepStored, stored } from "../shared/stored";
import { address, chooseLocale, config, cookie, language, openChat, panel, secret } from "./env";
import { emit, on } from "./events";
import { attach, button, create, label, note, root } from "./launcher";
import { fetchAnew, fetchScript } from "./script";
import { stayOnTop } from "./toplayer";

type Global = Window & { [hostKey]?: Host };
type Call = [name: string, ...args: unknown[]];
type Parts = { [name: string]: Parts } & ((...args: unknown[]) => void);
declare const window: Global;

let attached = false;

/** Does what takes the session as soon as its script is there: the visitor's in order, unless they are gone by then, behind what is kept. After a failure that is asked for every half minute. */
function withSession(task: (session: Session) => void = () => {}, tasks = host._tasks): void {
  if (host._session) return task(host._session);
  tasks.push(task);
  fetchScript("session").catch(() => setTimeout(withSession, 30000));
}

async function load(): Promise<void> {
  let failed = "";
  if (host.wanted) note.textContent = "…";
  try {
    await Promise.all(["session", "chat"].map(fetchScript));
    // The chat goes on without it, and asks for it.
    if (cookie() || stored(secret)) await fetchScript("log").catch(() => {});
  } catch {
    if (host.wanted) failed = "⚠ " + openChat().slice(3);
    emit("error", { code: "unavailable", text: "unreached" });
    host.wanted = false;
  }
  note.textContent = failed;
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

const toggle = (): void => (api.isOpen ? close() : open());

/** Whether there may be a session. */
const known = (): unknown => host._session || cookie() || stored(secret);

/** Looks who the visitor is, if there is a session to ask for. */
function look(veil = false): void {
  if (attached && known()) withSession((session) => session._wake(veil));
}

function tag({ externalToken, ...data }: ParleyTags): void {
  host._tags.push(data as Tags);
  host.chat?._tagged();
  if (externalToken) withSession((session) => session._identify(externalToken));
}

/** Logs out, where there is anything to end: handlers of "reset" may call it too. */
function reset(): void {
  // What the page says next is of the next visitor.
  const said = host._tags.splice(0).length;
  host._prefill = "";
  host._tasks.length = 0;
  if (!said && !known() && !stored(panel)) return;
  // The page may be left before the session's script is there.
  let sent: Promise<Response> | undefined;
  if (!host._session) {
    sent = fetch(address(config.path + "/api/reset"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ mark: stored(secret) }),
      keepalive: true,
    });
    keepStored(secret);
    keepStored(panel);
  }
  withSession((session) => session._reset(!!said, sent), host.kept);
}

/** Changes the chat's language; false where there are no texts in it. */
function setLocale(tag: string): boolean {
  const known = chooseLocale(tag);
  if (known) {
    fetchAnew();
    if (host.chat) fetchScript("chat").catch(() => {});
    else label();
  }
  return known;
}

async function start(): Promise<void> {
  button.onclick = toggle;
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    look(true);
    if (stored(panel)) load(); // this page had no chat to take it up
  });
  // A sign-in without a page load, or in another tab, shows by its cookie, where the browser tells.
  let before = cookie();
  const changed = (): void => {
    if (before !== (before = cookie())) look();
  };
  (window as { cookieStore?: EventTarget }).cookieStore?.addEventListener("change", changed);
  addEventListener("visibilitychange", () => document.hidden || host.chat || changed());
  // What was open on the page before comes with the button, and not after it.
  // A connection that stalls holds up neither.
  if (stored(panel))
    await new Promise<void>((done) => {
      load().then(done);
      setTimeout(done, 2000);
    });
  attached = true;
  attach();
  stayOnTop();
  look();
  if (host.wanted) open();
  emit("ready");
}

/** What the page finds as Parley. */
const api = {
  open,
  close,
  toggle,
  show: () => (button.hidden = host._hidden = false),
  hide: () => {
    close();
    button.hidden = host._hidden = true;
  },
  setLocale,
  send: (text: string) => withSession((session) => session._send(text)),
  user: { tag, reset },
  // The names of another product, for pages that were written for it.
  api: {
    isAgentOnline: (fn: (online: boolean) => void) => withSession((session) => session._isOnline(fn), host.kept),
    hasActionRuleMatched: (fn: (names: string[]) => void) => fn([...host._matched]),
  },
  on: on as ParleyAPI["on"] & PageApi["on"],
  ready: (fn: () => void) => void (attached ? queueMicrotask(fn) : on("ready", fn)),
  /** Makes calls that are written as arrays, ["user.tag", {…}], as pages may before this script has run. */
  push: (...calls: Call[]) => {
    for (const [name, ...args] of calls)
      queueMicrotask(() => name.split(".").reduce((at, part) => at[part]!, api as unknown as Parts)(...args));
  },
  prefill: (text: string) => {
    host._prefill = text;
    host.chat?._fillIn();
  },
  isOpen: false,
  unread: 0,
} satisfies ParleyAPI & PageApi;

const host = {
  config,
  emit,
  _tags: [],
  _tasks: [],
  kept: [],
  _matched: [],
  _parts: {},
  _api: api,
  _fetch: fetchScript,
  _load: load,
  _language: language,
} as unknown as Host;

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
  const calls = window.Parley;
  window.Parley = api;
  window.CV ??= api;
  if (Array.isArray(calls)) api.push(...calls);
  whenLoaded();
}
