// What this tab and the browser's other tabs know of the session. Nothing is
// written before the visitor has used the chat.
import { cookieOf, keepStored, secretKey, stored } from "../shared/stored";
import { config } from "./host";

interface Note {
  t: "ask" | "reset" | "mark";
  mark?: string | undefined;
}

const key = secretKey(config.site);

/** How long to wait for another tab to share its secret, in milliseconds. */
const answerTimeout = 150;

let tabSecret = stored(key);
let channel: BroadcastChannel | undefined;
let answered: (() => void) | undefined;

function store(value?: string): void {
  keepStored(key, (tabSecret = value));
}

export const secret = (): string | undefined => tabSecret;

/** The companion cookie's value: "a", "p", or undefined. */
export const cookie = (): string | undefined => cookieOf(config.site);

/** Keeps the secret and shares it with the tabs that have none. */
export function keep(value?: string): void {
  if (value === tabSecret) return;
  store(value);
  share();
}

/** Whether there is a session to ask for: a person's, or one whose secret this tab has or gets from another. */
export async function knowsSession(): Promise<boolean> {
  const kind = cookie();
  // A secret without its cookie belongs to a session that has ended, maybe another person's.
  if (!kind) store();
  else if (tabSecret || kind === "p") return true;
  else {
    broadcast({ t: "ask" });
    await new Promise<void>((resolve) => {
      answered = resolve;
      setTimeout(resolve, answerTimeout);
    });
  }
  return !!tabSecret;
}

function share(): void {
  if (tabSecret) broadcast({ t: "mark", mark: tabSecret });
}

export function broadcast(note: Note): void {
  channel?.postMessage(note);
}

/** Listens to the other tabs until stopListening; found is called as one of them shares its secret. */
export function listen(found: () => void, ended: () => void): void {
  if (channel || !window.BroadcastChannel) return;
  channel = new BroadcastChannel(key);
  share(); // a tab that asked while we loaded got no answer
  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.t === "ask") share();
    else if (data.t === "reset") ended();
    else if (!tabSecret && cookie() === "a") {
      store(data.mark);
      if (answered) answered();
      else found();
      answered = undefined;
    }
  };
}

/** Stops listening, so that the page may enter the back/forward cache. */
export function stopListening(): void {
  channel?.close();
  channel = undefined;
}
