import { useEffect, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import * as both from "#texts/both";
import { droppable } from "../shared/choose";
import type { ConsoleSummary } from "../shared/operations";
import { Assignee } from "./assignee";
import { Composer } from "./composer";
import { toggleDetails } from "./desk";
import { Back, Check, Panel, Reopen } from "./icons";
import { current } from "./listing";
import { Messages } from "./messages";
import { Avatar, useNarrow, useWide, WithKeys } from "./parts";
import { go } from "./route";
import { useStore } from "./store";
import { toggleStatus } from "./talk";

export function Conversation() {
  const open = useStore((s) => s.open);
  const c = useStore((s) => current(s.inbox, s.open));
  const notFound = useStore((s) => s.threads.get(s.open)?.notFound ?? false);
  const offer = useRef<(files: Iterable<File>) => void>(() => {});
  const [dragging, setDragging] = useState(false);
  if (!open) return <Nothing />;
  const drop = notFound ? {} : droppable((files) => offer.current(files), setDragging);
  return (
    <main class="pane talk" aria-label={texts.conversation} {...drop}>
      {dragging && <p class="drop">{both.dropFiles}</p>}
      <Head key={`head ${open}`} c={c} />
      {notFound ? (
        <div class="empty centred">
          <p class="empty-head">{texts.notFound}</p>
          <p>{texts.notFoundHint}</p>
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

function Head({ c }: { c: ConsoleSummary | undefined }) {
  const wide = useWide();
  const narrow = useNarrow();
  const shown = useStore((s) => (wide ? s.details : s.drawer));
  const back = useRef<HTMLButtonElement>(null);
  const id = c?.id;
  const Heading = narrow ? "h1" : "h2";
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
        aria-label={texts.backToList}
        onClick={() => go("")}
      >
        <Back />
      </button>
      {c && <Avatar id={c.id} name={c.name} known={c.person} online={c.online} />}
      <div class="who">
        <Heading key={c?.name} translate={false}>
          <bdi>{c?.name ?? texts.conversation}</bdi>
        </Heading>
        {c && (
          <p>
            {c.status === "resolved" && <strong>{texts.statusResolved} · </strong>}
            <span key={c.online}>{c.online ? texts.isOnline : texts.isOffline}</span>
            {c.page.title && (
              <span translate={false}>
                {" · "}
                <bdi>{c.page.title}</bdi>
              </span>
            )}
          </p>
        )}
      </div>
      {c && <Assignee c={c} />}
      {c && (
        <button
          type="button"
          class="button"
          title={c.status === "open" ? texts.resolveHint : texts.reopenHint}
          onClick={() => toggleStatus(c)}
        >
          {c.status === "open" ? <Check /> : <Reopen />}
          <span key={c.status}>{c.status === "open" ? texts.resolve : texts.reopen}</span>
        </button>
      )}
      <button
        type="button"
        class="button ghost square"
        aria-label={texts.details}
        aria-expanded={shown}
        title={shown ? texts.hideDetails : texts.showDetails}
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
    <main class="pane talk" aria-label={texts.conversation}>
      <div class="empty centred">
        <p class="empty-head" key={`head ${any}`}>
          {any ? texts.noneOpen : texts.noneYet}
        </p>
        <p key={any}>
          <WithKeys text={any ? texts.noneOpenHint : texts.noneYetHint} />
        </p>
      </div>
    </main>
  );
}
