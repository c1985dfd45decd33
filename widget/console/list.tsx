// The list of conversations. Only the entries in sight stand in the page, and
// those that have the focus or may get it by a key.

import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import { day } from "../shared/dates";
import { slots } from "../shared/virtual";
import { askMore, searchFurther } from "./desk";
import { Empty, Waiting } from "./empty";
import { Entry } from "./entry";
import { fold, wordsOf } from "./fold";
import { anchored, type Held, held, listed, pauses } from "./listing";
import { set, useStore } from "./store";
import { filtered, foundBy, toQuery } from "./view";

/** Entries beyond either edge of what is in sight. */
const beyond = 8;
/** So long after the pointer has moved over the list its order stays, in milliseconds. */
const aiming = 1_500;
/** The height of an entry in pixels, until one was measured. */
const usualHeight = 60;

export function List() {
  const inbox = useStore((s) => s.inbox);
  const me = useStore((s) => s.me.email);
  const open = useStore((s) => s.open);
  const wanted = useStore((s) => s.wanted);
  const agents = useStore((s) => s.agents);
  const manySites = useStore((s) => s.sites.length > 1);
  const [, redraw] = useReducer<number, undefined>((n) => n + 1, 0);
  const pane = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const aim = useRef({ until: 0, timer: 0 }).current;
  const was = useRef<Held>({ view: inbox.view, ids: [] });
  const height = useRef(usualHeight);
  const newest = useMemo(() => listed(inbox, me), [inbox, me]);
  const still = aim.until > Date.now();
  const shown = useMemo(() => (still ? held(was.current, inbox.view, newest) : newest), [still, newest]);
  const ids = useMemo(() => shown.map((c) => c.id), [shown]);
  const before = was.current;
  was.current = { view: inbox.view, ids };
  order = ids;

  const query = toQuery(inbox.view);
  const words = useMemo(() => wordsOf(inbox.view.search), [inbox.view.search]);
  const search = fold(inbox.view.search);
  const tab = ids.includes(open) ? open : (ids[0] ?? "");
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.conv : "";
  const top = pane.current?.scrollTop ?? 0;
  const drawn = slots(ids, {
    first: Math.floor(top / height.current) - beyond,
    last: Math.ceil((top + (pane.current?.clientHeight || innerHeight)) / height.current) + beyond,
    always: [tab, wanted, focused ?? ""],
  });

  // What is read stays where it is as others move ahead of it.
  useLayoutEffect(() => {
    const p = pane.current!;
    const measured = list.current!.querySelector("li")?.offsetHeight;
    if (measured && measured !== height.current) {
      height.current = measured;
      redraw(undefined);
    }
    if (before.view !== inbox.view) p.scrollTop = 0;
    else if (p.scrollTop > 0) p.scrollTop = anchored(before.ids, ids, p.scrollTop, height.current);
  }, [ids, inbox.view]);

  // An entry that a key has reached gets the focus once it is drawn.
  useLayoutEffect(() => {
    if (!wanted) return;
    set({ wanted: "" });
    const p = pane.current!;
    const y = list.current!.offsetTop + ids.indexOf(wanted) * height.current;
    p.scrollTop = Math.max(y + height.current - p.clientHeight, Math.min(p.scrollTop, y));
    list.current!.querySelector<HTMLElement>(`[data-conv="${CSS.escape(wanted)}"]`)?.focus({ preventScroll: true });
  }, [wanted]);

  useEffect(() => {
    const resized = new ResizeObserver(() => redraw(undefined));
    resized.observe(pane.current!);
    return () => {
      resized.disconnect();
      clearTimeout(aim.timer);
    };
  }, []);

  // Under a pointer that is about to click nothing moves.
  function moved() {
    aim.until = Date.now() + aiming;
    clearTimeout(aim.timer);
    aim.timer = window.setTimeout(() => redraw(undefined), aiming + 1);
  }
  function left() {
    aim.until = 0;
    redraw(undefined);
  }

  return (
    <div
      class="scroll"
      id="list"
      role="tabpanel"
      aria-labelledby={`tab-${inbox.view.status}`}
      ref={pane}
      onScroll={() => redraw(undefined)}
      onPointerMove={moved}
      onPointerLeave={left}
    >
      <ul
        role="list"
        aria-label={texts.conversations}
        class="entries"
        ref={list}
        style={{ height: `${shown.length * height.current}px` }}
      >
        {drawn.map((at) => {
          const c = shown[at]!;
          const hit = inbox.hits.get(c.id);
          return (
            <Entry
              key={c.id}
              c={c}
              top={at * height.current}
              place={at + 1}
              places={inbox.next ? -1 : shown.length}
              shown={c.id === open}
              reachable={c.id === tab}
              site={manySites ? c.site : ""}
              query={query}
              search={search}
              hit={hit}
              foundBy={words.length && !hit ? foundBy(c, words) : ""}
              assignee={c.assignee && (agents.find((a) => a.email === c.assignee)?.name ?? c.assignee)}
            />
          );
        })}
      </ul>
      {shown.length === 0 && !inbox.next && (inbox.loaded ? <Empty view={inbox.view} /> : <Waiting />)}
      {inbox.next && <More key={inbox.next} />}
      <p class="sr-only" role="status" translate={false}>
        {filtered(inbox.view) && inbox.loaded && texts.found(shown.length, !!inbox.next)}
      </p>
    </div>
  );
}

let order: readonly string[] = [];

/** The ids of the conversations listed, in the order in which they are shown. */
export const entryOrder = (): readonly string[] => order;

/** Asks for the next page as soon as the end of the list comes near; a search that has looked through much waits to be told. */
function More() {
  const sentinel = useRef<HTMLDivElement>(null);
  const live = useStore((s) => s.live);
  const paused = useStore((s) => pauses(s.inbox));
  const reached = useStore((s) => s.inbox.reached);
  useEffect(() => {
    if (paused) return;
    const near = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) askMore();
      },
      { rootMargin: "600px 0px" },
    );
    near.observe(sentinel.current!);
    return () => near.disconnect();
  }, [live, paused]);
  return (
    <div class="more" ref={sentinel}>
      <p key={`${paused} ${reached}`}>
        {paused
          ? texts.searchedTo(reached ? day(reached) : "")
          : reached
            ? texts.searching(day(reached))
            : texts.loadingMore}
      </p>
      {paused && (
        <button type="button" class="button" onClick={searchFurther}>
          {texts.searchFurther}
        </button>
      )}
    </div>
  );
}
