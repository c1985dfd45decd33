// What this tab and the browser's other tabs know of the session. Nothing is
// written before the visitor has used the chat.
import { config } from "./env";

interface Note {
  t: "ask" | "reset" | "mark";
  mark?: string | undefined;
}

const key = "parley:" + config.site;

/** How long to wait for other tabs to tell their mark, in milliseconds. */
const askFor = 150;

let mark = stored();
let channel: BroadcastChannel | undefined;
let heard: (() => void) | undefined;

function stored(): string | undefined {
  try {
    return sessionStorage[key];
  } catch {
    return undefined; // storage is barred: the mark lives as long as the page
  }
}

function store(value?: string): void {
  mark = value;
  try {
    if (value) sessionStorage[key] = value;
    else delete sessionStorage[key];
  } catch {}
}

export const current = (): string | undefined => mark;

/** The companion cookie's value: "a", "p", or undefined. */
export function cookie(): string | undefined {
  return `; ${document.cookie}`.split(`; parley-${config.site}=`)[1]?.split(";")[0];
}

/** Keeps a mark and tells it to the tabs that have none. */
export function keep(value?: string): void {
  if (value === mark) return;
  store(value);
  if (value) tell({ t: "mark", mark: value });
}

export async function known(): Promise<boolean> {
  const kind = cookie();
  // A mark without its cookie belongs to a session that has ended, maybe another person's.
  if (!kind) store();
  else if (mark || kind === "p") return true;
  else {
    tell({ t: "ask" });
    await new Promise<void>((resolve) => {
      heard = resolve;
      setTimeout(resolve, askFor);
    });
  }
  return !!mark;
}

export function tell(note: Note): void {
  channel?.postMessage(note);
}

/** Listens to the other tabs until hush. */
export function listen(found: () => void, ended: () => void): void {
  if (channel || !window.BroadcastChannel) return;
  channel = new BroadcastChannel(key);
  if (mark) tell({ t: "mark", mark }); // a tab that asked while we loaded got no answer
  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.t === "ask") {
      if (mark) tell({ t: "mark", mark });
    } else if (data.t === "reset") {
      ended();
    } else if (!mark && cookie() === "a") {
      store(data.mark);
      if (heard) heard();
      else found();
      heard = undefined;
    }
  };
}

/** Stops listening, so that the page may enter the back/forward cache. */
export function hush(): void {
  channel?.close();
  channel = undefined;
}
