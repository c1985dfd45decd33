import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { day, sameDay } from "../shared/dates";
import { joined } from "../shared/messages";
import type { Attachment } from "../shared/operations";
import { useScroll } from "../shared/scroll";
import { Bubble, Unsent } from "./message";
import type { Store } from "./store";

/** Older messages are fetched from so near to the top, in pixels. */
const nearTop = 80;

export interface LogProps {
  store: Store;
  greeting: string;
  /** Fetches older messages. */
  earlier(): Promise<void>;
  retry(cid: string): void;
  takeBack(cid: string, edit: boolean): void;
  load(seq: number, file: Attachment, now: boolean): Promise<Blob | undefined>;
}

export function Log({ store, greeting, earlier, retry, takeBack, load }: LogProps) {
  const [loading, setLoading] = useState(false);
  const messages = store.veiled ? [] : store.messages;
  const outbox = store.veiled ? [] : store.outbox;
  const mine = outbox.length ? undefined : messages.filter((m) => m.from === "visitor").pop();

  const more = async () => {
    if (loading || !store.earlier || store.veiled) return;
    setLoading(true);
    await earlier();
    setLoading(false);
  };

  const shown = {
    view: `${store.era} ${store.open && !store.veiled}`,
    first: store.messages[0]?.seq ?? 0,
    last: store.last,
    own: store.outbox[store.outbox.length - 1]?.cid ?? "",
  };
  const { pane, below, measure, toEnd, onResize } = useScroll(shown);
  const content = useRef<HTMLDivElement>(null);
  // The composer grows, a keyboard slides in, a picture is drawn: the end stays in view.
  useEffect(() => {
    const resized = new ResizeObserver(onResize);
    resized.observe(pane.current!);
    resized.observe(content.current!);
    return () => resized.disconnect();
  }, []);
  const onScroll = () => {
    measure();
    if (pane.current && pane.current.scrollTop < nearTop) more();
  };

  return (
    <div class="middle">
      <div class="scroll" ref={pane} onScroll={onScroll}>
        {store.earlier && messages.length ? (
          <button type="button" class="earlier" onClick={more} aria-disabled={loading}>
            <span key={loading}>{loading ? both.loading : texts.earlierMessages}</span>
          </button>
        ) : (
          greeting && (
            <p class="greeting" dir="auto" key={greeting}>
              {greeting}
            </p>
          )
        )}
        <div role="log" aria-label={both.messages} aria-live={loading ? "off" : "polite"} class="log" ref={content}>
          {messages.map((m, i) => {
            const before = messages[i - 1];
            const after = messages[i + 1];
            return (
              <Fragment key={m.cid || m.seq}>
                {(!before || !sameDay(before.time, m.time)) && (
                  <p class="day" key={day(m.time)}>
                    {day(m.time)}
                  </p>
                )}
                <Bubble
                  message={m}
                  first={!joined(before, m)}
                  last={!joined(m, after)}
                  mark={m !== mine ? "" : m.seq <= (store.conversation?.seen ?? 0) ? texts.seen : texts.sent}
                  load={load}
                />
              </Fragment>
            );
          })}
          {messages.length > 0 && status(store) && (
            <p class="system" key={status(store)}>
              {status(store)}
            </p>
          )}
          {outbox.map((draft, i) => (
            <Unsent
              key={draft.cid}
              draft={draft}
              first={!i && messages[messages.length - 1]?.from !== "visitor"}
              retry={retry}
              takeBack={takeBack}
            />
          ))}
        </div>
      </div>
      {below === "news" && (
        <button type="button" class="below" onClick={toEnd}>
          {texts.newMessages}
        </button>
      )}
    </div>
  );
}

/** What an agent has done with the conversation, if nobody has written since. */
function status(store: Store): string {
  if (store.conversation?.status === "resolved") return texts.resolved;
  return store.reopened === store.last ? texts.reopened : "";
}
