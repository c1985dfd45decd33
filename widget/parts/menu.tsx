// The menu in the chat's header, fetched when it is first opened.

import { useEffect, useRef, useState } from "preact/hooks";
import { setTexts } from "#texts/both";
import * as texts from "#texts/menu";
import type { Sound } from "../chat/sound";
import type { Store } from "../chat/store";
import { address, type Host, hostKey } from "../shared/host";
import { language } from "../shared/language";
import { bring, isWriting } from "../shared/part";
import css from "./menu.css";

const host = (window as unknown as { [hostKey]: Host })[hostKey];

export interface MenuProps {
  store: Store;
  sound: Sound;
  /** What the chat is called. */
  title: string;
  close(): void;
}

/** Stands behind the button that opens it, which gets the focus back. */
function Menu({ store, sound, title, close }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"" | "busy" | "failed">("");
  const items = () => [...list.current!.querySelectorAll("button")];
  const button = () => list.current!.previousElementSibling as HTMLElement;
  const back = () => {
    button().focus();
    close();
  };

  useEffect(() => {
    if (!isWriting(host.root)) items()[0]!.focus();
    // On window: the page is outside, too.
    const away = (event: Event) => {
      const path = event.composedPath();
      if (!path.includes(list.current!) && !path.includes(button())) close();
    };
    addEventListener("pointerdown", away, true);
    return () => removeEventListener("pointerdown", away, true);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf((event.target as Element).closest("button")!);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all[(to + all.length) % all.length]!.focus();
    else if (event.key === "Escape") back();
    else if (event.key === "Tab")
      return close(); // and the focus goes on from here
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the chat, too
  };

  const save = async () => {
    if (state === "busy") return;
    setState("busy");
    const done = await download(title);
    if (!list.current) return; // it was closed meanwhile
    if (done) back();
    else setState("failed");
  };

  const said = state === "busy" ? texts.downloadingChat : state ? texts.chatNotDownloaded : texts.downloadChat;
  return (
    <>
      <div class="menu" role="menu" aria-labelledby="more" ref={list} onKeyDown={onKeyDown}>
        <button
          type="button"
          role="menuitemcheckbox"
          tabIndex={-1}
          aria-checked={sound.on}
          onClick={() => {
            sound.toggle();
            back();
          }}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M18 15.5V10a6 6 0 0 0-12 0v5.5L4.5 18h15zM10 21.5h4" />
          </svg>
          <span>{texts.sound}</span>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            {sound.on && <path d="m5 12.5 5 5L19.5 7" />}
          </svg>
        </button>
        {!!store.last && !store.veiled && (
          <button type="button" role="menuitem" tabIndex={-1} onClick={save}>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M12 4v11M7 10.5l5 5 5-5M4.5 20h15" />
            </svg>
            <span key={state}>{said}</span>
          </button>
        )}
      </div>
      <span class="sr-only" role="status">
        {state && said}
      </span>
    </>
  );
}

/** Hands the whole conversation to the browser's downloads; false if it can't be had. */
async function download(title: string): Promise<boolean> {
  await host._fetch("files").catch(() => {});
  const { files } = host._parts;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const question = { mark: host._tabSecret(), language, zone: timeZone };
  const blob = await files?.download(address(host, "transcript"), question, true);
  if (blob) files!.save(blob, fileName(title));
  return !!blob;
}

/** Of the chat and the day, without what no file may be called. */
function fileName(title: string): string {
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, "0"));
  return `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim()} ${day.join("-")}.html`;
}

const menu = { _speak: setTexts, Menu };

export type MenuPart = typeof menu;

bring("menu", menu, css);
