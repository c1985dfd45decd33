import { Fragment } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { day, sameDay } from "../shared/dates";
import type { Attachment, Message } from "../shared/frames";
import { Bubble, Unsent } from "./message";
import type { Store } from "./store";

/** Messages of one author within this time stand together, in milliseconds. */
const together = 5 * 60000;
/** How near to an end of the log counts as being there, in pixels. */
const near = 80;

export interface LogProps {
  store: Store;
  greeting: string;
  /** Fetches older messages. */
  earlier(): Promise<void>;
  again(cid: string): void;
  load(seq: number, file: Attachment, now: boolean): Promise<Blob | undefined>;
}

export function Log({ store, greeting, earlier, again, load }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const [loading, setLoading] = useState(false);
  const below = useScroll(box, store);
  const messages = store.veiled ? [] : store.messages;
  const outbox = store.veiled ? [] : store.outbox;
  const mine = outbox.length ? undefined : messages.filter((m) => m.from === "visitor").pop();

  const more = async () => {
    if (loading || !store.earlier || store.veiled) return;
    setLoading(true);
    await earlier();
    setLoading(false);
  };

  return (
    <div class="middle">
      <div class="scroll" ref={box} onScroll={() => box.current!.scrollTop < near && more()}>
        {store.earlier && messages.length ? (
          <button type="button" class="earlier" onClick={more} aria-disabled={loading}>
            {loading ? both.loading : texts.earlierMessages}
          </button>
        ) : (
          greeting && <p class="greeting" dir="auto" children={greeting} />
        )}
        <div role="log" aria-label={both.messages} aria-live={loading ? "off" : "polite"} class="log">
          {messages.map((m, i) => {
            const before = messages[i - 1];
            const after = messages[i + 1];
            return (
              <Fragment key={m.cid || m.seq}>
                {(!before || !sameDay(before.time, m.time)) && <p class="day" children={day(m.time)} />}
                <Bubble
                  message={m}
                  first={!joined(before, m)}
                  last={!joined(m, after)}
                  newest={m === mine}
                  load={load}
                />
              </Fragment>
            );
          })}
          {outbox.map((draft, i) => (
            <Unsent
              key={draft.cid}
              draft={draft}
              first={!i && messages[messages.length - 1]?.from !== "visitor"}
              again={again}
            />
          ))}
        </div>
      </div>
      {below && (
        <button type="button" class="below" onClick={() => box.current!.scrollTo({ top: 1e9 })}>
          {texts.newMessages}
        </button>
      )}
    </div>
  );
}

function joined(a: Message | undefined, b: Message | undefined): boolean {
  return !!a && !!b && a.from === b.from && a.name === b.name && b.time - a.time < together && sameDay(a.time, b.time);
}

/**
 * Stays at the newest message if the visitor is there, and on what they read
 * if older ones come in above. Returns whether something new is out of sight.
 */
function useScroll(box: { current: HTMLDivElement | null }, store: Store): boolean {
  const seen = useRef({ first: 0, last: 0, own: 0, height: 0, open: false });
  const [below, setBelow] = useState(false);
  useLayoutEffect(() => {
    const node = box.current!;
    const bottom = () => node.scrollHeight - node.scrollTop - node.clientHeight < near;
    const onScroll = () => bottom() && setBelow(false);
    node.addEventListener("scroll", onScroll, { passive: true });
    return () => node.removeEventListener("scroll", onScroll);
  }, []);
  useLayoutEffect(() => {
    const node = box.current!;
    const was = seen.current;
    const now = {
      first: store.messages[0]?.seq ?? 0,
      last: store.last,
      own: store.outbox.length,
      height: node.scrollHeight,
      open: store.open && !store.veiled,
    };
    const atEnd = was.height - node.scrollTop - node.clientHeight < near;
    if (now.first < was.first && now.last === was.last) node.scrollTop += now.height - was.height;
    else if (atEnd || now.own > was.own || now.open !== was.open) node.scrollTop = now.height;
    else if (now.last > was.last) setBelow(true);
    seen.current = now;
  });
  return below;
}
