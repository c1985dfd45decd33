import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import * as both from "#texts/both";
import { Attached } from "../shared/attached";
import { clock, day, full } from "../shared/dates";
import { errorText } from "../shared/errors";
import { bytes, download, unsent } from "../shared/files";
import { linked } from "../shared/linked";
import type { ConsoleActivity, ErrorCode } from "../shared/operations";
import { useScroll } from "../shared/scroll";
import { draft, draftFiles, setDraft, setDraftFiles } from "./drafts";
import { address } from "./http";
import { Down, Retry } from "./icons";
import { current } from "./listing";
import { outbox } from "./outbox";
import { useNow } from "./parts";
import { get, set, useStore } from "./store";
import { askEarlier, setAtEnd } from "./talk";
import { type Bubble, emptyThread, type Row, rows, seenSeq } from "./thread";

/** Older messages are fetched from so near to the top, in pixels. */
const nearTop = 300;

export function Messages({ id }: { id: string }) {
  const thread = useStore((s) => s.threads.get(id) ?? emptyThread);
  const all = useStore((s) => s.outbox);
  const me = useStore((s) => s.me.name);
  const visitorRead = useStore((s) => current(s.inbox, id)?.visitorRead ?? 0);
  const name = useStore((s) => current(s.inbox, id)?.name ?? texts.visitor);
  const now = useNow();
  const outgoing = useMemo(() => all.filter((o) => o.conv === id), [all, id]);
  const last = useStore((s) => current(s.inbox, id)?.last);
  const activities = useStore((s) => current(s.inbox, id)?.activities);
  const list = useMemo(
    () => rows(thread, outgoing, me, { ...(last !== undefined && { last }), ...(activities && { activities }) }),
    [thread, outgoing, me, last, activities],
  );
  const seen = outgoing.length ? 0 : seenSeq(thread, visitorRead);
  const { messages } = thread;
  const shown = {
    view: id,
    first: messages[0]?.seq ?? 0,
    last: messages[messages.length - 1]?.seq ?? 0,
    own: outgoing[outgoing.length - 1]?.cid ?? "",
  };
  const { pane, below, measure, toEnd, onResize } = useScroll(shown);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = below === "nothing";
  const onTop = () => {
    if (pane.current && pane.current.scrollTop < nearTop) askEarlier(id);
  };
  const onScroll = () => {
    measure();
    onTop();
  };
  useEffect(() => setAtEnd(atEnd), [atEnd]);
  // The composer grows, a keyboard slides in, the window is dragged: the end stays in view.
  useEffect(() => {
    const resized = new ResizeObserver(onResize);
    resized.observe(pane.current!);
    resized.observe(content.current!);
    return () => resized.disconnect();
  }, []);
  // Where what there is doesn't fill the pane, nothing scrolls.
  useLayoutEffect(() => {
    if (thread.loaded) onTop();
  }, [thread.loaded, thread.typing, shown.first, shown.last, shown.own]);

  return (
    <div class="messages">
      <div
        class="scroll log"
        role="log"
        aria-label={both.messages}
        aria-busy={!thread.loaded}
        tabIndex={0}
        ref={pane}
        onScroll={onScroll}
      >
        <div class="log-content" ref={content}>
          {thread.loaded && !thread.earlier && (
            <p class="beginning" key="beginning">
              {texts.beginning}
            </p>
          )}
          {thread.earlier && (
            <p class="beginning" key={`asking ${thread.asking}`}>
              {thread.asking ? texts.loadingEarlier : " "}
            </p>
          )}
          {!thread.loaded && (
            <p class="beginning" key="loading">
              {both.loading}
            </p>
          )}
          {list.map((row) => (
            <RowView key={row.key} row={row} visitor={name} now={now} seen={seen} />
          ))}
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
      {below !== "nothing" && (
        <button type="button" class={`to-end ${below}`} onClick={toEnd}>
          <Down />
          <span key={below}>{below === "news" ? texts.newMessages : texts.toLatest}</span>
        </button>
      )}
    </div>
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
  if (row.from === "system") {
    return (
      <>
        {row.bubbles.map((b) => (
          <p class="system" key={b.key} title={full(b.time)}>
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
  return (
    <>
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
    </>
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

function Text({ text }: { text: string }) {
  return <>{useMemo(() => linked(text), [text])}</>;
}
