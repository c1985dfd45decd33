import { useEffect, useMemo, useRef } from "preact/hooks";
import { Account } from "./account";
import { askMore, clearFilters, setMuted, turnTo } from "./desk";
import { Entry } from "./entry";
import { Filters, SearchBar } from "./filters";
import { Bell, BellOff, Chevron, Help, Logo } from "./icons";
import { listed } from "./listing";
import { set, useStore } from "./store";
import { filtered, toQuery, type View } from "./view";

export function Inbox() {
  const unread = useStore((s) => s.unread);
  const muted = useStore((s) => s.muted);
  return (
    <section class="pane inbox" aria-label="Inbox">
      <header class="bar">
        <Logo />
        <h1>Inbox</h1>
        {unread > 0 && (
          <span class="count" title="Open conversations with unread messages">
            {unread}
          </span>
        )}
        <span class="spring" />
        <button
          type="button"
          class="button ghost square"
          aria-label="Mute sound"
          aria-pressed={muted}
          title={muted ? "Sound is off" : "Sound is on"}
          onClick={() => setMuted(!muted)}
        >
          {muted ? <BellOff /> : <Bell />}
        </button>
        <button
          type="button"
          class="button ghost square help-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
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
  ["open", "Open"],
  ["resolved", "Resolved"],
  ["all", "All"],
];

function Views() {
  const view = useStore((s) => s.inbox.view);
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
      <div class="tabs" role="tablist" aria-label="Status" ref={tabs} onKeyDown={step}>
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
          </button>
        ))}
      </div>
      <span class="select">
        <select
          aria-label="Assigned to whom"
          value={view.assignee}
          onChange={(e) => turnTo({ assignee: e.currentTarget.value })}
        >
          <option value="everyone">Everyone</option>
          <option value="me">Mine</option>
          <option value="none">Unassigned</option>
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
      <ul role="list" aria-label="Conversations" class="entries">
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
      <p class="unseen" role="status">
        {filtered(inbox.view) && inbox.loaded && `${list.length}${inbox.next ? " or more" : ""} found`}
      </p>
    </div>
  );
}

/** Asks for the next page as soon as the end of the list comes near. */
function More() {
  const mark = useRef<HTMLDivElement>(null);
  const live = useStore((s) => s.live);
  useEffect(() => {
    const near = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) askMore();
      },
      { rootMargin: "600px 0px" },
    );
    near.observe(mark.current!);
    return () => near.disconnect();
  }, [live]);
  return (
    <div class="more" ref={mark}>
      Loading more…
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
  const [head, text] = filtered(view)
    ? [
        "Nothing found",
        view.status === "all"
          ? "No conversation matches all of the filters."
          : "No conversation with this status matches all of the filters.",
      ]
    : view.assignee === "me"
      ? [
          "Nothing of yours here",
          "Conversations assigned to you show up in this list. Assign one at the top of a conversation.",
        ]
      : view.assignee === "none"
        ? ["Nothing unassigned", "Every conversation here has someone who looks after it."]
        : view.status === "resolved"
          ? [
              "Nothing resolved yet",
              "Press e in a conversation to resolve it. It comes back when the visitor writes again.",
            ]
          : view.status === "open"
            ? ["All caught up", "When a visitor writes, the conversation appears here at once."]
            : [
                "No conversations yet",
                "When a visitor writes for the first time, the conversation appears here at once.",
              ];
  return (
    <div class="empty">
      <p class="empty-head">{head}</p>
      <p>{text}</p>
      {filtered(view) && (
        <p class="empty-ways">
          {view.status !== "all" && (
            <button type="button" class="button" onClick={() => turnTo({ status: "all" })}>
              Look in all
            </button>
          )}
          <button type="button" class="button" onClick={clearFilters}>
            Clear filters
          </button>
        </p>
      )}
    </div>
  );
}
