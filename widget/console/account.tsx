import { useEffect, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import { Avatar } from "./parts";
import { signOut } from "./session";
import { useStore } from "./store";

/** Who is signed in, who else is here, and the way out. */
export function Account() {
  const me = useStore((s) => s.me);
  const agents = useStore((s) => s.agents);
  const [shown, setShown] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!shown) return;
    const outside = (e: Event) => {
      if (!box.current?.contains(e.target as Node)) setShown(false);
    };
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
    };
  }, [shown]);

  function onEscape(e: KeyboardEvent) {
    if (e.key !== "Escape" || !shown) return;
    e.preventDefault();
    setShown(false);
    button.current?.focus();
  }

  const others = agents.filter((a) => a.email !== me.email);
  return (
    <div class="account" ref={box} onKeyDown={onEscape}>
      <button
        type="button"
        class="button ghost square"
        ref={button}
        aria-label={texts.account}
        title={me.name}
        aria-expanded={shown}
        aria-controls="account"
        onClick={() => setShown(!shown)}
      >
        <Avatar id={me.email} name={me.name || me.email} />
      </button>
      {shown && (
        <div class="popover" id="account">
          <p class="account-me" translate={false}>
            <strong>{me.name}</strong>
            <span>{me.email}</span>
          </p>
          {others.length > 0 && (
            <>
              <p class="popover-head">{texts.agents}</p>
              <ul class="team">
                {others.map((a) => (
                  <li key={a.email}>
                    <Avatar id={a.email} name={a.name || a.email} online={a.online} size="tiny" />
                    <span translate={false}>{a.name || a.email}</span>
                    <span class="muted" key={a.online}>
                      {a.online ? texts.online : texts.away}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )}
          <button type="button" class="button" onClick={() => void signOut()}>
            {texts.signOut}
          </button>
        </div>
      )}
    </div>
  );
}
