import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import * as both from "#texts/both";
import { droppable } from "../shared/choose";
import type { ConsoleSummary } from "../shared/operations";
import { Assignee } from "./assignee";
import { Composer } from "./composer";
import { toggleDetails } from "./desk";
import { Back, Check, Panel, Reopen, Unread } from "./icons";
import { current, listed } from "./listing";
import { Messages } from "./messages";
import { Avatar, useNarrow, useWide, WithKeys } from "./parts";
import { go } from "./route";
import { useStore } from "./store";
import { markUnread, toggleStatus } from "./talk";
import { emptyThread } from "./thread";
import { filtered } from "./view";

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
          <Others key={`others ${open}`} id={open} />
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
      {c && (
        <button
          type="button"
          class="button ghost square"
          aria-label={texts.markUnread}
          title={texts.markUnreadHint}
          onClick={() => markUnread(c)}
        >
          <Unread />
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

/** Who else has the conversation open, and who of them is writing. */
function Others({ id }: { id: string }) {
  const { viewers, typists } = useStore((s) => s.threads.get(id) ?? emptyThread);
  const writing = viewers.filter((a) => typists.includes(a.email));
  const said = writing.length
    ? texts.alsoWriting(writing.map((a) => a.name))
    : viewers.length
      ? texts.alsoHere(viewers.map((a) => a.name))
      : "";
  return (
    <div role="status" class={`others ${writing.length ? "writing" : ""}`} translate={false}>
      {said && (
        <p key={said}>
          {viewers.slice(0, 3).map((a) => (
            <Avatar key={a.email} id={a.email} name={a.name} size="tiny" />
          ))}
          <span>{said}</span>
        </p>
      )}
    </div>
  );
}

function Nothing() {
  const inbox = useStore((s) => s.inbox);
  const me = useStore((s) => s.me.email);
  const any = inbox.known.size > 0;
  const { status } = inbox.view;
  const done = useMemo(() => any && inbox.loaded && !inbox.next && !listed(inbox, me).length, [inbox, me]);
  if (done && (status === "open" || status === "waiting") && !filtered(inbox.view)) {
    return (
      <main class="pane talk" aria-label={texts.conversation}>
        <div class="empty centred">
          <p class="empty-head" key={`done ${status}`}>
            {status === "open" ? texts.emptyOpen : texts.emptyWaiting}
          </p>
          <p key={status}>{status === "open" ? texts.emptyOpenHint : texts.emptyWaitingHint}</p>
        </div>
      </main>
    );
  }
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
