import { useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import { Account } from "./account";
import { setMuted, turnTo } from "./desk";
import { Filters, SearchBar } from "./filters";
import { Bell, BellOff, Chevron, Help, Logo } from "./icons";
import { List } from "./list";
import { useNarrow } from "./parts";
import { set, useStore } from "./store";
import type { View } from "./view";

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
