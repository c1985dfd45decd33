import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { day, sameDay } from "../shared/dates";
import { useLog } from "../shared/log";
import { idOf, joined } from "../shared/messages";
import type { Attachment, Message } from "../shared/operations";
import type { Outgoing } from "../shared/outbox";
import { Greeting } from "./greeting";
import { Bubble, Unsent } from "./message";
import { Part } from "./part";
import type { Store } from "./store";

declare const __PARLEY__: { rating: boolean };

/** Older messages are fetched from so near to the top, in pixels: some screens ahead of who scrolls. */
const nearTop = 3000;
/** So many new messages are told at once. */
const mostTold = 5;

/** A message, one under way, or what was done with the conversation. */
type Row = Message | Outgoing | string;

const keyOf = (row: Row): string => (typeof row === "string" ? row : idOf(row as Message));

/** About how high a row is before it was measured, in pixels. */
const guess = (row: Row): number => (typeof row === "string" ? 46 : 34 + 22 * Math.ceil(row.text.length / 38));

export interface LogProps {
  store: Store;
  greeting: string;
  /** Fetches older messages. */
  earlier(): Promise<unknown>;
  retry(cid: string): void;
  takeBack(cid: string, edit: boolean): void;
  load(seq: number, file: Attachment, now: boolean): Promise<Blob | undefined>;
  /** Called once messages can be seen. */
  read(): void;
}

export function Log({ store, greeting, earlier, retry, takeBack, load, read }: LogProps) {
  const [loading, setLoading] = useState(false);
  const [near, setNear] = useState(false);
  const nearby = () => setNear(true);
  const { messages, outbox, veiled, seeking } = store;
  const away = veiled || seeking;
  const done = messages.length ? status(store) : "";
  const rows = useMemo<readonly Row[]>(
    () => (away ? [] : [...messages, ...(done ? [done] : []), ...outbox]),
    [messages, outbox, away, done],
  );
  const mine = outbox.length ? undefined : lastOf(messages, "visitor");

  useEffect(read, []);

  const more = async () => {
    if (loading || !store.earlier || veiled) return;
    setLoading(true);
    await earlier();
    setLoading(false);
  };

  const { pane, list, column, drawn, above, under, below, onScroll, onEnd, toEnd, was } = useLog({
    now: {
      view: store.open ? String(store.era) : "",
      first: messages[0]?.seq ?? 0,
      last: store.last,
      own: outbox[outbox.length - 1]?.cid ?? "",
    },
    rows,
    key: keyOf,
    guess,
    goal: store.goalHere,
    found: () => (store.goal = undefined),
    moved: (place) => (store.place = place),
  });

  const draw = (row: Row, at: number) => {
    if (typeof row === "string") {
      const { conversation, open } = store;
      return (
        <>
          <p class="system">{row}</p>
          {open && __PARLEY__.rating && conversation?.status === "resolved" && !!conversation.resolves && (
            <Part name="rating" render={(part) => <part.Rating store={store} state={conversation} />} />
          )}
        </>
      );
    }
    if (!("seq" in row))
      return (
        <Unsent
          draft={row}
          first={row === outbox[0] && messages[messages.length - 1]?.from !== "visitor"}
          retry={retry}
          takeBack={takeBack}
        />
      );
    const before = messages[at - 1];
    return (
      <>
        {(!before || !sameDay(before.time, row.time)) && (
          <p class="day" key={day(row.time)}>
            {day(row.time)}
          </p>
        )}
        <Bubble
          message={row}
          first={!joined(before, row)}
          last={!joined(row, messages[at + 1])}
          mark={row !== mine ? "" : row.seq <= (store.conversation?.seen ?? 0) ? texts.seen : texts.sent}
          load={load}
        />
      </>
    );
  };

  return (
    <div class="middle" onPointerOver={nearby} onFocusIn={nearby}>
      <div
        part="log"
        class="scroll"
        role="log"
        aria-label={both.messages}
        aria-live="off"
        tabIndex={0}
        ref={pane}
        onKeyDown={onEnd}
        onScroll={() => {
          onScroll();
          if (!was._atEnd && was._top < nearTop) more();
        }}
      >
        {store.earlier && !veiled ? (
          <button type="button" class="earlier" onClick={more} aria-disabled={loading}>
            <span key={loading || seeking}>{loading || seeking ? both.loading : texts.earlierMessages}</span>
          </button>
        ) : (
          <Greeting text={greeting} />
        )}
        <div class="rows" ref={list} style={{ paddingBottom: `${under}px` }}>
          {drawn.map((at, n) => (
            <div class="row" key={column.keys[at]} data-row={column.keys[at]} style={{ marginTop: `${above(n)}px` }}>
              {draw(rows[at]!, at)}
            </div>
          ))}
        </div>
      </div>
      {near && <Part name="copy" render={({ Copy }) => <Copy pane={pane.current!} />} />}
      <Told store={store} done={done} />
      {below === "news" && (
        <button type="button" class="below" onClick={toEnd}>
          {texts.newMessages}
        </button>
      )}
    </div>
  );
}

/**
 * Tells screen readers what comes. The log itself can't: what is scrolled into it
 * is new to the page as well.
 */
function Told({ store, done }: { store: Store; done: string }) {
  const { era, session, messages, last, open, veiled } = store;
  const known = useRef({ era: -1, session, last: 0 }).current;
  // What was there before is no news, nor is what comes with a session that is taken up.
  if (era !== known.era || session !== known.session || !open || veiled) Object.assign(known, { era, session, last });
  const news = messages.slice(-mostTold).filter((m) => m.seq > known.last && m.from !== "visitor");
  return (
    <div class="sr-only" aria-live="polite" translate={false}>
      {news.map((m) => (
        <p key={m.seq}>
          {m.name || texts.support}: {m.text || (m.attachments ?? []).map((a) => a.name).join()}
        </p>
      ))}
      {done && <p key={done}>{done}</p>}
    </div>
  );
}

/** The last message of one side. */
function lastOf(messages: readonly Message[], from: string): Message | undefined {
  let at = messages.length - 1;
  while (at >= 0 && messages[at]!.from !== from) at--;
  return messages[at];
}

/** What an agent has done with the conversation, if nobody has written since. */
function status(store: Store): string {
  if (store.conversation?.status === "resolved") return texts.resolved;
  return store.reopened === store.last ? texts.reopened : "";
}
