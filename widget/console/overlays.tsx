// What lies over the desk: the state of the connection, passing messages, the help.

import { useEffect, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import { wake } from "./connection";
import { Close } from "./icons";
import { shortcuts } from "./keys";
import { href } from "./route";
import { dismiss, get, set, type Toast, useStore } from "./store";
import { toQuery } from "./view";

const grace = 800; // ms: a connection that is back by then was never missed
const toastLasts = 7_000;

export function Banner() {
  const live = useStore((s) => s.live);
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (live) return;
    const timer = setTimeout(() => setLate(true), grace);
    return () => clearTimeout(timer);
  }, [live]);
  return (
    <div class="banner-place" role="status">
      {!live && late && (
        <p class="banner">
          <span>{texts.reconnecting}</span>
          <button type="button" onClick={wake}>
            {texts.tryNow}
          </button>
        </p>
      )}
    </div>
  );
}

export function Toasts() {
  const toasts = useStore((s) => s.toasts);
  return (
    <div class="toasts" role="status">
      {toasts.map((t) => (
        <ToastView key={t.id} t={t} />
      ))}
    </div>
  );
}

function ToastView({ t }: { t: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(t.id), toastLasts);
    return () => clearTimeout(timer);
  }, [t.id]);
  return (
    <div class="toast">
      <span>{t.text}</span>
      {t.conv && (
        <a href={href(t.conv, toQuery(get().inbox.view))} onClick={() => dismiss(t.id)}>
          {texts.show}
        </a>
      )}
      <button type="button" class="button ghost square" aria-label={texts.dismiss} onClick={() => dismiss(t.id)}>
        <Close />
      </button>
    </div>
  );
}

export function HelpDialog() {
  const shown = useStore((s) => s.help);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  const close = () => set({ help: false });
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-head"
      onClose={close}
      onClick={(e) => e.target === e.currentTarget && close()}
    >
      <div class="help-body">
        <header>
          <h2 id="help-head">{texts.keyboardShortcuts}</h2>
          <button type="button" class="button ghost square" aria-label={texts.close} onClick={close}>
            <Close />
          </button>
        </header>
        <dl>
          {shortcuts.map(([keys, what]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                {keys.map((k) => (
                  <kbd key={k}>{k}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
