import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import * as both from "#texts/both";
import { download } from "#transfer";
import { Attached } from "../shared/attached";
import { bytes } from "../shared/bytes";
import { clock, day, full } from "../shared/dates";
import { errorText } from "../shared/errors";
import { unsent } from "../shared/files";
import { linked } from "../shared/linked";
import { useLog } from "../shared/log";
import type { ConsoleActivity, ErrorCode } from "../shared/operations";
import { draft, draftFiles, setDraft, setDraftFiles } from "./drafts";
import { fold } from "./fold";
import { Found } from "./found";
import { address } from "./http";
import { Down, Retry } from "./icons";
import { current } from "./listing";
import { outbox } from "./outbox";
import { useNow } from "./parts";
import { get, set, useStore } from "./store";
import { askEarlier, askGap, setAtEnd, setThread, showMessage } from "./talk";
import { type Bubble, emptyThread, hasEarlier, type Row, rows, seenSeq } from "./thread";

/** Older messages are fetched from so near to the top, in pixels. */
const nearTop = 300;
/** What is missing in between, from so near to what is in sight. */
const nearGap = 200;

/** About how high a row is before it was measured, in pixels. */
function guess(row: Row): number {
  if (row.kind !== "group") return 42;
  return row.bubbles.reduce((sum, b) => sum + 20 + 20 * Math.ceil((b.text.length + 1) / 70), 36);
}

/** The bubble of a message. */
function bubbleOf(all: readonly Row[], seq: number): Bubble | undefined {
  for (const row of all) {
    const found = row.kind === "group" ? row.bubbles.find((b) => b.seq === seq) : undefined;
    if (found) return found;
  }
  return undefined;
}

export function Messages({ id }: { id: string }) {
  const thread = useStore((s) => s.threads.get(id) ?? emptyThread);
  const unsaid = useStore((s) => s.outbox);
  const me = useStore((s) => s.me.name);
  const visitorRead = useStore((s) => current(s.inbox, id)?.visitorRead ?? 0);
  const name = useStore((s) => current(s.inbox, id)?.name ?? texts.visitor);
  const now = useNow();
  const outgoing = useMemo(() => unsaid.filter((o) => o.conv === id), [unsaid, id]);
  const last = useStore((s) => current(s.inbox, id)?.last);
  const activities = useStore((s) => current(s.inbox, id)?.activities);
  const all = useMemo(
    () => rows(thread, outgoing, me, { ...(last !== undefined && { last }), ...(activities && { activities }) }),
    [thread, outgoing, me, last, activities],
  );
  const seen = outgoing.length ? 0 : seenSeq(thread, visitorRead);
  const { messages, loaded, asking, target } = thread;
  const earlier = hasEarlier(thread);
  const shown = {
    view: loaded || target ? id : "",
    first: messages[0]?.seq ?? 0,
    last: messages[messages.length - 1]?.seq ?? 0,
    own: outgoing[outgoing.length - 1]?.cid ?? "",
  };
  const sought = target ? bubbleOf(all, target) : undefined;
  const { pane, list, column, drawn, above, under, below, onScroll, onEnd, toEnd } = useLog({
    now: shown,
    rows: all,
    key: (row) => row.key,
    guess,
    rowOf: (bubble) => all.findIndex((row) => row.kind === "group" && row.bubbles.some((b) => b.key === bubble)),
    goal: sought && { bubble: sought.key },
    found: (bubble) => {
      setThread(id, { target: 0 });
      bubble.focus({ preventScroll: true });
    },
  });
  const atEnd = below === "nothing";
  useEffect(() => setAtEnd(atEnd && !target), [atEnd, target]);

  // Near to what is not here it is asked for; where there is too little, nothing scrolls.
  useLayoutEffect(() => {
    const p = pane.current!;
    if (!loaded || target) return;
    const top = p.scrollTop - list.current!.offsetTop;
    for (const at of drawn) {
      const row = all[at]!;
      const y = column.top(at);
      if (row.kind !== "gap" || y > top + p.clientHeight + nearGap || column.top(at + 1) < top - nearGap) continue;
      askGap(id, row, y < top + p.clientHeight / 2);
    }
    if (p.scrollTop < nearTop) askEarlier(id);
  });

  function onKeyDown(e: KeyboardEvent) {
    onEnd(e);
    if (e.key !== "Home" || !earlier || e.shiftKey || e.altKey) return;
    e.preventDefault();
    showMessage(id, 1);
  }

  return (
    <div class="messages">
      <div
        class="scroll log"
        role="log"
        aria-label={both.messages}
        aria-busy={!loaded}
        aria-live="off"
        tabIndex={0}
        ref={pane}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div class="log-content">
          {loaded && !earlier && (
            <p class="beginning" key="beginning">
              {texts.beginning}
            </p>
          )}
          {loaded && earlier && (
            <p class="beginning" key={`asking ${asking}`}>
              {asking ? (
                texts.loadingEarlier
              ) : (
                <button type="button" class="link" onClick={() => showMessage(id, 1)}>
                  {texts.toBeginning}
                </button>
              )}
            </p>
          )}
          {!loaded && (
            <p class="beginning" key="loading">
              {both.loading}
            </p>
          )}
          <div class="log-rows" ref={list} style={{ paddingBottom: `${under}px` }}>
            {drawn.map((at, n) => {
              const row = all[at]!;
              return (
                <div class="log-row" key={row.key} data-row={row.key} style={{ marginTop: `${above(n)}px` }}>
                  <RowView row={row} visitor={name} now={now} seen={seen} />
                </div>
              );
            })}
          </div>
          {thread.typing && (
            <div class="group visitor typing">
              <span class="sr-only" translate={false}>
                {texts.typing(name)}
              </span>
              <p class="bubble" aria-hidden="true">
                <i />
                <i />
                <i />
              </p>
            </div>
          )}
        </div>
      </div>
      <Announced id={id} name={name} />
      {below !== "nothing" && (
        <button type="button" class={`to-end ${below}`} onClick={toEnd}>
          <Down />
          <span key={below}>{below === "news" ? texts.newMessages : texts.toLatest}</span>
        </button>
      )}
    </div>
  );
}

/**
 * Tells screen readers what the visitor says. The log itself can't: what is
 * scrolled into it is new to the page as well.
 */
function Announced({ id, name }: { id: string; name: string }) {
  const { messages, loaded } = useStore((s) => s.threads.get(id) ?? emptyThread);
  const last = messages[messages.length - 1];
  const known = useRef(0);
  if (loaded && !known.current) known.current = last?.seq ?? 1;
  const news = last && last.from === "visitor" && last.seq > known.current;
  return (
    <p class="sr-only" role="status" translate={false}>
      {news && (
        <span key={last.seq}>{texts.says(name, last.text || (last.attachments ?? []).map((a) => a.name).join())}</span>
      )}
    </p>
  );
}

type RowProps = { row: Row; visitor: string; now: number; seen: number };

function RowView({ row, visitor, now, seen }: RowProps) {
  if (row.kind === "day") {
    return (
      <div class={`day ${row.fresh ? "fresh" : ""}`}>
        <span key={`${day(row.time, now)} ${row.fresh}`}>
          {day(row.time, now)}
          {row.fresh && ` · ${texts.newSince}`}
        </span>
      </div>
    );
  }
  if (row.kind === "fresh")
    return (
      <div class="day fresh">
        <span>{texts.newSince}</span>
      </div>
    );
  if (row.kind === "activity") return <Done done={row.done} />;
  if (row.kind === "gap") return <p class="gap">{texts.loadingMessages}</p>;
  if (row.from === "system") {
    return (
      <>
        {row.bubbles.map((b) => (
          <p class="system" key={b.key} data-bubble={b.key} data-seq={b.seq} title={full(b.time)}>
            {b.text} · {clock(b.time)}
          </p>
        ))}
      </>
    );
  }
  return (
    <div class={`group ${row.from}`}>
      <p class="group-head">
        <span class="group-name" translate={false}>
          <bdi>{row.from === "visitor" ? visitor : row.name || texts.agent}</bdi>
        </span>
        <time dateTime={new Date(row.time).toISOString()} title={full(row.time)} translate={false}>
          {clock(row.time)}
        </time>
      </p>
      {row.bubbles.map((b) => (
        <BubbleView key={b.key} b={b} seen={seen > 0 && b.seq === seen} />
      ))}
    </div>
  );
}

/** What somebody did with the conversation. */
function Done({ done }: { done: ConsoleActivity }) {
  const agents = useStore((s) => s.agents);
  const me = useStore((s) => s.me.email);
  const called = (email: string, you: string) =>
    email === me ? you : (agents.find((a) => a.email === email)?.name ?? email);
  const text = whatWasDone(done, called);
  return (
    <p class="system" key={text} title={full(done.time)} translate={false}>
      {text} · {clock(done.time)}
    </p>
  );
}

type Called = (email: string, you: string) => string;

/** called: what an agent is called, or what stands for the reader. */
function whatWasDone({ kind, from, agent = "", name = agent, to = "" }: ConsoleActivity, called: Called): string {
  const now = called(agent, texts.you);
  const by = now === agent ? name : now; // who has left has the name of then
  if (kind === "resolved") return texts.resolvedBy(by);
  if (kind === "reopened") return from === "agent" ? texts.reopenedBy(by) : texts.reopenedByVisitor;
  if (from !== "agent") return texts.assignedBySite(called(to, texts.toYou));
  if (!to) return texts.unassignedBy(by);
  return to === agent ? texts.takenBy(by) : texts.assignedBy(by, called(to, texts.toYou));
}

function BubbleView({ b, seen }: { b: Bubble; seen: boolean }) {
  const hit = useStore((s) => b.seq > 0 && s.threads.get(s.open)?.hit === b.seq);
  const last = useStore((s) => current(s.inbox, s.open)?.last ?? -1);
  return (
    <div
      class={`said ${hit ? "hit" : ""}`}
      role="article"
      aria-posinset={b.seq || undefined}
      aria-setsize={b.seq ? last : undefined}
      data-bubble={b.key}
      data-seq={b.seq}
      tabIndex={-1}
    >
      {b.text && (
        <p class={`bubble ${b.failed ? "failed" : ""}`} dir="auto" title={full(b.time)}>
          <Text text={b.text} />
        </p>
      )}
      {b.attachments?.map((a) => (
        <Attached
          key={a.id}
          name={a.name}
          type={a.type}
          size={a.size}
          load={(now) => download(address("attachment"), { conv: get().open, seq: b.seq, id: a.id }, now)}
        />
      ))}
      {b.files?.map(({ file }) => (
        <span class="file" key={file}>
          <span class="file-name" dir="auto" translate={false}>
            {file.name}
          </span>
          <span class="file-size">{bytes(file.size)}</span>
        </span>
      ))}
      {b.waiting && (
        <p class="delivery">
          <Waiting />
          {unsent(b.files ?? []) && <progress aria-label={both.upload} value={b.part ?? 0} />}
        </p>
      )}
      {b.failed && <Failed b={b} code={b.failed} />}
      {seen && <p class="delivery">{texts.seen}</p>}
    </div>
  );
}

function Waiting() {
  const live = useStore((s) => s.live);
  return <span key={live}>{live ? both.sending : texts.sentWhenOnline}</span>;
}

function Failed({ b, code }: { b: Bubble; code: ErrorCode }) {
  const why = code === "unavailable" && unsent(b.files ?? []) ? texts.uploadFailed : errorText(code);
  function edit() {
    const { open } = get();
    const out = outbox.remove(b.key);
    setDraft(open, [draft(open), out?.text].filter(Boolean).join("\n"));
    setDraftFiles(open, [...draftFiles(open), ...(out?.files ?? []).map((f) => f.file)]);
    set({ replyWanted: true });
  }
  return (
    <p class="delivery problem" role="alert">
      <span>{texts.notSent(why)}</span>
      <span class="remedies">
        <button type="button" onClick={() => outbox.retry(b.key)}>
          <Retry /> {code === "answered" ? texts.sendAnyway : both.tryAgain}
        </button>
        <button type="button" onClick={edit}>
          {texts.edit}
        </button>
      </span>
    </p>
  );
}

/** A text with its links, and with what a search has found marked. */
function Text({ text }: { text: string }) {
  const search = useStore((s) => fold(s.inbox.view.search));
  return (
    <span key={search}>
      {useMemo(
        () => linked(text, search ? (piece) => <Found text={piece} search={search} /> : undefined),
        [text, search],
      )}
    </span>
  );
}
