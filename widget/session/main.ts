// The session, as the page knows it: who the visitor is, the tabs that share it,
// its end, and requests in its name. Fetched where there is a session, or
// something to tell the server; the chat builds on it.
import { currentPage, post } from "./api";
import { isOnline, send } from "./calls";
import { host } from "./host";
import { ended, listen, reset, wake } from "./session";
import * as tab from "./tab";
import { identify } from "./token";

if (!host._session) {
  const { _api: api, emit } = host;
  Object.assign(host, {
    post,
    _toSend: [],
    _hasSession: tab.knowsSession,
    _sessionCookie: tab.cookie,
    _tabSecret: tab.secret,
    _keepTabSecret: tab.keep,
    _currentPage: currentPage,
    _sessionEnded: ended,
    _session: { _wake: wake, _identify: identify, _reset: reset, _isOnline: isOnline, _send: send },
    _showLauncher(open: boolean, unread: number, online?: boolean): void {
      const launcher = host.root.querySelector<HTMLElement>(".launcher")!;
      launcher.setAttribute("aria-expanded", `${open}`);
      launcher.hidden = !!host._hidden && !open; // it closes what is open
      if (open !== api.isOpen) emit((api.isOpen = open) ? "open" : "close");
      if (unread !== api.unread) emit("unread", (api.unread = unread));
      if (online !== api.online)
        for (const event of ["online", "agent-online"] as const) emit(event, (api.online = online));
    },
  });
  listen();
  addEventListener("pageshow", listen);
  addEventListener("pagehide", () => {
    host.chat?.sleep();
    tab.stopListening();
  });
  for (const task of [...host.kept.splice(0), ...host._tasks.splice(0)]) task(host._session!);
  host._mount?.();
}
