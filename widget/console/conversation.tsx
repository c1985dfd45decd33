import { useEffect, useRef, useState } from "preact/hooks";
import { droppable } from "../shared/choose";
import { Assignee } from "./assignee";
import { Composer } from "./composer";
import { toggleDetails } from "./desk";
import type { Summary } from "./frames";
import { Back, Check, Panel, Reopen } from "./icons";
import { current } from "./listing";
import { Messages } from "./messages";
import { Avatar, useNarrow, useWide } from "./parts";
import { go } from "./route";
import { useStore } from "./store";
import { toggleStatus } from "./talk";

export function Conversation() {
  const open = useStore((s) => s.open);
  const c = useStore((s) => current(s.inbox, s.open));
  const gone = useStore((s) => s.threads.get(s.open)?.gone ?? false);
  const offer = useRef<(files: Iterable<File>) => void>(() => {});
  const [over, setOver] = useState(false);
  if (!open) return <Nothing />;
  const drop = gone ? {} : droppable((files) => offer.current(files), setOver);
  return (
    <main class="pane talk" aria-label="Conversation" {...drop}>
      {over && <p class="drop">Drop files to send them</p>}
      <Head c={c} />
      {gone ? (
        <div class="empty centred">
          <p class="empty-head">This conversation isn’t here</p>
          <p>It may have been removed, or it belongs to a site that isn’t yours.</p>
        </div>
      ) : (
        <>
          <Messages key={open} id={open} />
          <Composer key={`reply ${open}`} id={open} name={c?.name ?? ""} offer={offer} />
        </>
      )}
    </main>
  );
}

function Head({ c }: { c: Summary | undefined }) {
  const wide = useWide();
  const narrow = useNarrow();
  const shown = useStore((s) => (wide ? s.details : s.drawer));
  const back = useRef<HTMLButtonElement>(null);
  const id = c?.id;
  // Where the list is out of sight, the focus must not stay in it.
  useEffect(() => {
    if (narrow) back.current?.focus();
  }, [narrow, id]);

  return (
    <header class="bar">
      <button
        type="button"
        ref={back}
        class="button ghost square back"
        aria-label="Back to the list"
        onClick={() => go("")}
      >
        <Back />
      </button>
      {c && <Avatar id={c.id} name={c.name} known={c.person} online={c.online} />}
      <div class="who">
        <h2>{c?.name ?? "Conversation"}</h2>
        {c && (
          <p>
            {c.status === "resolved" && <strong>Resolved · </strong>}
            {c.online ? "Online" : "Offline"}
            {c.page.title && <> · {c.page.title}</>}
          </p>
        )}
      </div>
      {c && !narrow && <Assignee c={c} />}
      {c && (
        <button
          type="button"
          class="button"
          title={c.status === "open" ? "Resolve (e)" : "Reopen (e)"}
          onClick={() => toggleStatus(c)}
        >
          {c.status === "open" ? <Check /> : <Reopen />}
          <span>{c.status === "open" ? "Resolve" : "Reopen"}</span>
        </button>
      )}
      <button
        type="button"
        class="button ghost square"
        aria-label="Person’s details"
        aria-expanded={shown}
        title={shown ? "Hide the person’s details" : "Show the person’s details"}
        data-details
        onClick={() => toggleDetails(wide)}
      >
        <Panel />
      </button>
    </header>
  );
}

function Nothing() {
  const any = useStore((s) => s.inbox.known.size > 0);
  return (
    <main class="pane talk" aria-label="Conversation">
      <div class="empty centred">
        <p class="empty-head">{any ? "No conversation open" : "Nobody has written yet"}</p>
        {any ? (
          <p>
            Choose one from the list, or press <kbd>j</kbd> and <kbd>k</kbd> to move and <kbd>Enter</kbd> to open.
          </p>
        ) : (
          <p>Leave this window open. A sound and the count in the title tell you as soon as a visitor writes.</p>
        )}
      </div>
    </main>
  );
}
