// The chat itself, fetched when it is first opened or when there is a
// conversation to keep live.

import { Component, createElement, Fragment, render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { setTexts } from "#texts/both";
import * as texts from "#texts/visitor";
import { download } from "#transfer";
import { isComposing } from "../shared/compose";
import { address, isWanted, type Look } from "../shared/host";
import { language, rightToLeft } from "../shared/language";
import type { Attachment, Message } from "../shared/operations";
import { addStyle } from "../shared/style";
import { App, waits } from "./app";
import type { ComposerHandle } from "./composer";
import { host } from "./host";
import { conv } from "./outbox";
import { followPage } from "./page";
import { leavePanel, onPanelLeft, type Panel, takePanel } from "./panel";
import { followScheme } from "./scheme";
import { Session } from "./session";
import { Sound } from "./sound";
import { type Reading, Store } from "./store";
import css from "./style.css";
import { pageTitle, titleUnread } from "./title";
import { followKeyboard, keepFocus, onFullScreen } from "./viewport";

declare const __PARLEY__: Look;

/** A page hidden for so long asks before it shows what it had, in milliseconds. */
const veilAfter = 60000;
/** How long to wait after a failure on the way to where the visitor has read, in milliseconds. */
const seekAgain = 3000;
/** How long a message shows beside the closed chat. */
const previewFor = 12000;

function mount(): void {
  const place = document.createElement("div");
  const element = host.root.host as HTMLElement;
  const locale = element.lang;
  host.root.append(place);
  addStyle(host.root, css + __PARLEY__.css.replace(/%o/g, origin));
  const launcher = host.root.querySelector("button")!;
  launcher.id = "launcher"; // which the panel owns where it covers the page
  launcher.setAttribute("aria-describedby", "unread");
  followKeyboard(element);
  followScheme(element);

  const { _currentPage: page } = host;
  host._currentPage = () => ({ ...page(), title: pageTitle() });

  let composer: ComposerHandle | undefined;
  /** What the page before left, until the server has said whose it is. */
  let left: Panel | undefined;
  /** The page is away, and could leave its panel. */
  let away = false;
  /** The page is away: what lies there may be another's. */
  let gone = false;
  /** The page's text, where the visitor writes: untouched, it is no draft. */
  let filled = "";
  let preview: { name: string; text: string } | undefined;
  let fading: ReturnType<typeof setTimeout> | undefined;
  let drawing = false;
  /** What had the focus when the chat was opened, where it is to come back to. */
  let opener: HTMLElement | null | undefined;
  const store = new Store(() => {
    if (!drawing) queueMicrotask(draw);
    drawing = true;
  });
  const session = new Session(host, store);
  const sound = new Sound(
    host,
    () => !store.veiled && store.unread,
    () => store.set({}),
  );

  function draw(): void {
    drawing = false;
    titleUnread(store.veiled ? 0 : store.unread);
    element.lang = language;
    element.dir = rightToLeft() ? "rtl" : "ltr"; // whatever the page is
    launcher.setAttribute("aria-label", store.open ? texts.closeChat : texts.openChat);
    host._showLauncher(store.open, store.veiled ? 0 : store.unread, store.online);
    render(
      <App
        store={store}
        sound={sound}
        preview={store.veiled ? undefined : preview}
        greeted={host._greeting}
        open={() => open(true)}
        earlier={earlier}
        retry={retry}
        takeBack={takeBack}
        load={load}
        read={read}
        draft={drafts}
        send={send}
        typing={typing}
        handle={takeHandle}
      />,
      place,
    );
    read();
    sendAll(); // it may wait for what was asked
  }

  // Of one identity over all drawings.
  const drafts = {
    get: () => store.draft,
    set: (text: string) => {
      store.setDraft(text);
      if (text) host._fetch("log").catch(() => {}); // it will be wanted
    },
  };
  const retry = (cid: string) => void session.outbox.retry(cid);
  const takeBack = (cid: string, edit: boolean) => {
    const message = session.outbox.takeBack(cid);
    if (message && edit) {
      store.setDraft(joined(store.draft, message.text));
      composer?.show();
      composer?.add(message.files.map((f) => f.file));
    }
    composer?.focus();
  };
  const send = (text: string, files: readonly File[]) => {
    const tag = host._parts.forms?._tag(store);
    if (tag !== null) session.outbox.add(conv, text, files, undefined, tag);
    store.wrote ||= tag !== null;
    return tag !== null;
  };
  /** Sends what the page has said, as soon as a visitor could; what is refused stays where they write. */
  const sendAll = () => {
    if (!waits(store))
      for (const text of host._toSend.splice(0))
        if (!send(text, [])) {
          store.setDraft(joined(written(store.draft), text));
          composer?.show();
        }
  };
  const written = (text = "") => (text === filled ? "" : text);
  /** Pictures that are scrolled away and back are drawn anew, and not fetched anew; they go with their messages. */
  const files = new WeakMap<Attachment, Blob>();
  const load = async (seq: number, file: Attachment, now: boolean) => {
    const blob =
      files.get(file) ??
      (await download(address(host, "attachment"), { mark: host._tabSecret(), seq, id: file.id }, now));
    files.set(file, blob!); // what can't be had is asked for again
    return blob;
  };
  const typing = (on: boolean) => session.send({ t: "typing", on });
  const takeHandle = (handle: ComposerHandle) => void (composer = handle);

  /** Whether there was an answer. */
  async function earlier(): Promise<boolean> {
    const { era } = store;
    const before = store.messages[0]?.seq;
    const answer = await host.post("earlier", { before });
    // Meanwhile all may have come anew, as at a sign-in.
    if (era === store.era && answer.t === "earlier" && before === store.messages[0]?.seq)
      store.prepend(answer.messages ?? [], answer.earlier);
    return answer.t !== "error";
  }

  /** Goes to where the visitor has read, however long ago that was said. */
  async function seek(place: Reading): Promise<void> {
    store.goal = place;
    while (store.goal === place && store.seeking)
      if (!(await earlier())) await new Promise((resolve) => setTimeout(resolve, seekAgain));
    if (!store.goalHere) store.goal = undefined; // it can't be had
    store.set({});
  }

  /** Leaves to the tab's next page what is open and begun here. */
  function leave(): boolean {
    return leavePanel(host, {
      open: store.open,
      draft: joined(written(left?.draft), written(store.draft), ...host._toSend),
      form: left?.form ?? store.form,
      place: left ? left.place : store.open ? store.reading : undefined,
      session: left ? left.session : (store.session ?? (host._sessionCookie() ? undefined : "")),
    });
  }

  /** Goes on where the tab's page before stopped, which may be this one, brought back by the browser. */
  function goOn(first = false): void {
    left = takePanel(host) ?? (away ? { open: false, draft: "", session: "" } : undefined);
    if (away) host._toSend.length = 0; // it was left too
    away = gone = false;
    if (!left) return;
    if (filled && store.draft === filled) left.draft ||= filled;
    const { session: name } = left;
    place.className = "still";
    store.setDraft("");
    store.set({
      open: left.open && !(first && host.wanted === false),
      veiled: store.veiled || !!name,
      form: undefined,
    });
    draw();
    composer?.show();
    // Who had no session has it still, or has just begun one in this tab.
    if (name) session.wake();
    else resumed(name === "");
  }

  /** The server has said whether what was left is the visitor's. */
  function resumed(theirs: boolean): void {
    const { draft = "", place, form } = left ?? {};
    left = undefined;
    if (theirs && place) seek(place);
    if (theirs) {
      if (!store.conversation || !form?.done) store.set({ form }); // else it has gone with a message
      store.setDraft(joined(draft, store.draft));
      composer?.show();
    }
    fillIn();
  }

  /** Puts the page's text where nothing is begun, once that is known. */
  function fillIn(): void {
    if (left) return;
    if (host._prefill && !written(store.draft)) {
      store.setDraft((filled = `${host._prefill}`), 0);
      composer?.show();
    }
    host._prefill = undefined;
  }

  /** Only what is open in a visible page has been seen. */
  function read(): void {
    if (!store.open || store.veiled || document.hidden || !host._parts.log) return;
    const seq = store.seen();
    if (seq && !session.send({ t: "read", seq })) host.post("read", { seq });
  }

  function open(withFocus: boolean): void {
    preview = undefined;
    if (!store.open) {
      // A page without our button has one of its own.
      opener = withFocus && host._hidden ? (document.activeElement as HTMLElement | null) : undefined;
      store.set({ open: true });
      draw();
      if (!session.live) session.wake();
    }
    if (withFocus) composer?.focus();
  }

  function close(): void {
    if (!store.open) return;
    host.wanted = false;
    const inside = host.root.activeElement;
    place.className = "";
    store.set({ open: false });
    draw();
    if (inside) (opener ?? launcher).focus();
  }

  /** The preview goes, unless somebody is on it. */
  function fade(): void {
    if (host.root.querySelector(".card:is(:hover, :focus)")) {
      fading = setTimeout(fade, previewFor);
      return;
    }
    preview = undefined;
    draw();
  }

  function show(message: Message): void {
    host.emit("message", message);
    if (message.from !== "agent") return;
    sound.arrived();
    if (store.open) return;
    preview = {
      name: message.name || texts.support,
      text: message.text || (message.attachments ?? []).map((a) => a.name).join(", "),
    };
    clearTimeout(fading);
    fading = setTimeout(fade, previewFor);
    draw();
  }

  /** The session may be another: what contradicts the cookie goes at once, the rest is asked for. */
  function wake(veil: boolean): void {
    const who = { a: "anonymous", p: "person" }[host._sessionCookie() ?? ""] ?? "none";
    if (who === "none" && store.who !== "none") return host._sessionEnded();
    if (veil) store.set({ veiled: store.who !== "none" });
    if (veil) session.renew();
    else if (!session.live || who !== store.who) session.wake();
  }

  host.chat = {
    open,
    close,
    wake(veil) {
      if (veil) goOn();
      wake(veil);
    },
    _reattached() {
      store.set({});
      composer?.show();
    },
    _tagged: () => store.conversation && session.tags.flush(),
    _fillIn: fillIn,
    _sendAll: sendAll,
    _speak(look) {
      if (!isWanted(host, look)) return;
      setTexts(look);
      draw();
      for (const [name, part] of Object.entries(host._parts))
        if ((part as { _speak?: unknown })._speak) host._fetch(name).then(draw, () => {});
    },
    forget() {
      preview = left = undefined;
      filled = "";
      session.ended();
      draw();
    },
    sleep() {
      session.sleep();
      gone = true;
      away = leave();
    },
  };

  let hiddenSince = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenSince = Date.now();
      leave(); // a phone may drop the page without a further word
    } else {
      if (!gone) takePanel(host);
      wake(Date.now() - hiddenSince > veilAfter);
    }
    draw();
  });
  // Brought back, this page may be sooner than what the page before it leaves.
  onPanelLeft(host, () => document.hidden || goOn());
  addEventListener("online", () => session.renew());
  followPage(host._currentPage, (page) => session.send({ t: "page", ...page }));
  guardKeys(host.root, () => store.open, close);
  keepFocus(host.root, () => store.open);
  onFullScreen(() => store.set({}));

  session.arrived = show;
  session.left = () => left?.session;
  session.resumed = resumed;
  const first = host._firstHello;
  host._firstHello = undefined;
  draw();
  goOn(true);
  if (store.open && !left) session.wake();
  else if (first && !left) session.greeted(first);
  fillIn();
  if (host.wanted) open(true);
  sendAll();
  if (locale !== language) host._load(); // it has changed meanwhile
}

/** Texts as paragraphs of one; any may be missing. */
const joined = (...texts: (string | undefined)[]): string => texts.filter(Boolean).join("\n");

/** Escape closes, and not the page's dialog too; and what is typed here is no shortcut of the page, nor are our focus and scrolling its modal's to catch. */
function guardKeys(root: ShadowRoot, isOpen: () => boolean, close: () => void): void {
  root.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key !== "Escape" || isComposing(event as KeyboardEvent) || !isOpen()) return;
    event.preventDefault();
    close();
  });
  for (const type of ["keydown", "keypress", "keyup", "focusin", "wheel", "touchmove"])
    root.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
}

if (host.chat) host.chat._speak(__PARLEY__);
else {
  host._preact = { Component, createElement, Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState };
  if (host._session) mount();
  else host._mount = () => host.chat ?? mount();
}
