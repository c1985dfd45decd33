import { useEffect, useMemo, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import { Account } from "./account";
import { askMore, clearFilters, setMuted, turnTo } from "./desk";
import { Entry } from "./entry";
import { Filters, SearchBar } from "./filters";
import { Bell, BellOff, Chevron, Help, Logo } from "./icons";
import { listed } from "./listing";
import { useNarrow, WithKeys } from "./parts";
import { set, useStore } from "./store";
import { filtered, toQuery, type View } from "./view";

export function Inbox() {
  const unread = useStore((s) => s.unread);
  const muted = useStore((s) => s.muted);
  const alone = useNarrow();
  return (
    <section class="pane inbox" aria-label={texts.inbox} role={alone ? "main" : undefined}>
      <header class="bar">
        <Logo />
        <h1>{texts.inbox}</h1>
        {unread > 0 && (
          <span class="count" title={texts.unreadConversations} translate={false}>
            {unread}
          </span>
        )}
        <span class="spring" />
        <button
          type="button"
          class="button ghost square"
          aria-label={texts.muteSound}
          aria-pressed={muted}
          title={muted ? texts.soundOff : texts.soundOn}
          onClick={() => setMuted(!muted)}
        >
          {muted ? <BellOff /> : <Bell />}
        </button>
        <button
          type="button"
          class="button ghost square help-button"
          aria-label={texts.keyboardShortcuts}
          title={texts.keyboardShortcutsHint}
          onClick={() => set({ help: true })}
        >
          <Help />
        </button>
        <Account />
      </header>
      <SearchBar />
      <Views />
      <Filters />
      <List />
    </section>
  );
}

const statuses: readonly [View["status"], string][] = [
  ["open", texts.statusOpen],
  ["waiting", texts.statusWaiting],
  ["resolved", texts.statusResolved],
  ["all", texts.statusAll],
];

function Views() {
  const view = useStore((s) => s.inbox.view);
  const waiting = useStore((s) => s.waiting);
  const agents = useStore((s) => s.agents);
  const me = useStore((s) => s.me.email);
  const others = agents.filter((a) => a.email !== me);
  const known = ["everyone", "me", "none"].includes(view.assignee) || others.some((a) => a.email === view.assignee);
  const tabs = useRef<HTMLDivElement>(null);

  function step(e: KeyboardEvent) {
    const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    e.preventDefault();
    const at = statuses.findIndex(([status]) => status === view.status);
    const to = (at + by + statuses.length) % statuses.length;
    turnTo({ status: statuses[to]![0] });
    tabs.current?.querySelectorAll("button")[to]?.focus();
  }

  return (
    <div class="views">
      <div class="tabs" role="tablist" aria-label={texts.status} ref={tabs} onKeyDown={step}>
        {statuses.map(([status, label]) => (
          <button
            key={status}
            type="button"
            role="tab"
            id={`tab-${status}`}
            aria-controls="list"
            aria-selected={view.status === status}
            tabIndex={view.status === status ? 0 : -1}
            onClick={() => turnTo({ status })}
          >
            {label}
            {status === "waiting" && waiting > 0 && (
              <span class="tab-count" translate={false}>
                {" "}
                {waiting}
              </span>
            )}
          </button>
        ))}
      </div>
      <span class="select">
        <select
          aria-label={texts.assignedToWhom}
          value={view.assignee}
          onChange={(e) => turnTo({ assignee: e.currentTarget.value })}
        >
          <option value="everyone">{texts.everyone}</option>
          <option value="me">{texts.mine}</option>
          <option value="none">{texts.unassigned}</option>
          {others.map((a) => (
            <option key={a.email} value={a.email}>
              {a.name || a.email}
            </option>
          ))}
          {!known && <option value={view.assignee}>{view.assignee}</option>}
        </select>
        <Chevron />
      </span>
    </div>
  );
}

function List() {
  const inbox = useStore((s) => s.inbox);
  const me = useStore((s) => s.me.email);
  const open = useStore((s) => s.open);
  const agents = useStore((s) => s.agents);
  const manySites = useStore((s) => s.sites.length > 1);
  const list = useMemo(() => listed(inbox, me), [inbox, me]);
  const query = toQuery(inbox.view);
  const tab = list.some((c) => c.id === open) ? open : (list[0]?.id ?? "");
  return (
    <div class="scroll" id="list" role="tabpanel" aria-labelledby={`tab-${inbox.view.status}`}>
      <ul role="list" aria-label={texts.conversations} class="entries">
        {list.map((c) => (
          <Entry
            key={c.id}
            c={c}
            shown={c.id === open}
            reachable={c.id === tab}
            site={manySites ? c.site : ""}
            query={query}
            assignee={c.assignee && (agents.find((a) => a.email === c.assignee)?.name ?? c.assignee)}
          />
        ))}
      </ul>
      {list.length === 0 && !inbox.next && (inbox.loaded ? <Empty view={inbox.view} /> : <Waiting />)}
      {inbox.next && <More key={inbox.next} />}
      <p class="sr-only" role="status" translate={false}>
        {filtered(inbox.view) && inbox.loaded && texts.found(list.length, !!inbox.next)}
      </p>
    </div>
  );
}

/** Asks for the next page as soon as the end of the list comes near. */
function More() {
  const sentinel = useRef<HTMLDivElement>(null);
  const live = useStore((s) => s.live);
  useEffect(() => {
    const near = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) askMore();
      },
      { rootMargin: "600px 0px" },
    );
    near.observe(sentinel.current!);
    return () => near.disconnect();
  }, [live]);
  return (
    <div class="more" ref={sentinel}>
      {texts.loadingMore}
    </div>
  );
}

const Waiting = () => (
  <div class="skeleton" aria-hidden="true">
    <i />
    <i />
    <i />
    <i />
  </div>
);

function Empty({ view }: { view: View }) {
  const [head, hint] = filtered(view)
    ? [texts.emptyFiltered, view.status === "all" ? texts.emptyFilteredAll : texts.emptyFilteredStatus]
    : view.assignee === "me"
      ? [texts.emptyMine, texts.emptyMineHint]
      : view.assignee === "none"
        ? [texts.emptyUnassigned, texts.emptyUnassignedHint]
        : view.status === "waiting"
          ? [texts.emptyWaiting, texts.emptyWaitingHint]
          : view.status === "resolved"
            ? [texts.emptyResolved, texts.emptyResolvedHint]
            : view.status === "open"
              ? [texts.emptyOpen, texts.emptyOpenHint]
              : [texts.emptyAll, texts.emptyAllHint];
  return (
    <div class="empty">
      <p class="empty-head" key={head}>
        {head}
      </p>
      <p key={hint}>
        <WithKeys text={hint ?? ""} />
      </p>
      {filtered(view) && (
        <p class="empty-ways">
          {view.status !== "all" && (
            <button type="button" class="button" onClick={() => turnTo({ status: "all" })}>
              {texts.lookInAll}
            </button>
          )}
          <button type="button" class="button" onClick={clearFilters}>
            {texts.clearFilters}
          </button>
        </p>
      )}
    </div>
  );
}
