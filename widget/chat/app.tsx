import { useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { droppable } from "../shared/choose";
import { amount, weekdayAndTime } from "../shared/dates";
import type { Look } from "../shared/host";
import { Composer, type ComposerProps } from "./composer";
import { Greeting } from "./greeting";
import type { LogProps } from "./log";
import { Part } from "./part";
import type { Sound } from "./sound";
import type { Store } from "./store";
import { fullScreen } from "./viewport";
import { greeting } from "./welcome";

declare const __PARLEY__: Look;

export interface AppProps
  extends Pick<LogProps, "earlier" | "retry" | "takeBack" | "load" | "read">,
    Omit<ComposerProps, "offer"> {
  store: Store;
  sound: Sound;
  /** A message that came while the chat is closed. */
  preview: { name: string; text: string } | undefined;
  open(): void;
}

export function App({ store, sound, preview, open, earlier, retry, takeBack, load, read, ...composer }: AppProps) {
  const offer = useRef<(files: Iterable<File>) => void>(() => {});
  const [dragging, setDragging] = useState(false);
  const welcome = store.veiled ? "" : greeting(texts.greeting, store.me);
  return (
    <>
      <section
        role="dialog"
        aria-modal={fullScreen()}
        aria-owns={fullScreen() ? "launcher" : undefined}
        aria-labelledby="title"
        class={"panel " + __PARLEY__.position}
        hidden={!store.open}
        {...droppable((files) => offer.current(files), setDragging)}
      >
        <header>
          <h2 id="title" dir="auto">
            {texts.title}
          </h2>
          <p class="presence">{presence(store)}</p>
          <button
            type="button"
            class="sound"
            aria-label={texts.sound}
            title={texts.sound}
            aria-pressed={sound.on}
            onClick={() => sound.toggle()}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M18 15.5V10a6 6 0 0 0-12 0v5.5L4.5 18h15zM10 21.5h4" />
              {!sound.on && <path d="M4 3l16 18" />}
            </svg>
          </button>
        </header>
        {store.messages.length || store.outbox.length ? (
          <Part
            name="log"
            render={({ Log }) => <Log {...{ store, earlier, retry, takeBack, load, read }} greeting={welcome} />}
            meanwhile={<Beginning greeting="" />}
          />
        ) : (
          <Beginning greeting={welcome} />
        )}
        {dragging && <div class="drop">{both.dropFiles}</div>}
        <div class="typing" role="status" translate={false}>
          {store.typing && (
            <>
              <span class="dots" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
              {texts.typing(store.typing)}
            </>
          )}
        </div>
        <div role="status" class={notice(store) ? "notice" : ""}>
          <span key={notice(store)}>{notice(store)}</span>
        </div>
        <Composer key={store.era} offer={offer} {...composer} />
      </section>
      <div role="status" class={"preview " + __PARLEY__.position}>
        {preview && !store.open && (
          <button type="button" class="card" onClick={open}>
            <span dir="auto" key={preview.text}>
              <b translate={false}>{preview.name}</b> {preview.text}
            </span>
          </button>
        )}
      </div>
      <Badge unread={store.open || store.veiled ? 0 : store.unread} />
    </>
  );
}

/** The log of messages before there is one. */
const Beginning = ({ greeting }: { greeting: string }) => (
  <div class="middle">
    <div class="scroll" role="log" aria-label={both.messages} tabIndex={0}>
      <Greeting text={greeting} />
    </div>
  </div>
);

/** Lies on the launcher, which it describes. */
function Badge({ unread }: { unread: number }) {
  return (
    <span
      id="unread"
      role="img"
      class={"badge " + __PARLEY__.position}
      aria-label={unread ? texts.unread(unread) : ""}
      hidden={!unread}
      translate={false}
    >
      {unread > 9 ? "9+" : unread}
    </span>
  );
}

function presence(store: Store) {
  if (store.online === undefined || store.trouble) return " ";
  const agent = store.online && store.conversation?.agent;
  const text = agent
    ? texts.chattingWith(agent)
    : !store.online
      ? texts.away
      : store.replies
        ? texts.replyTime(amount(store.replies))
        : texts.online;
  return (
    <>
      <i class={store.online ? "dot on" : "dot"} />
      {store.online && store.replies && <span class="sr-only">{texts.online}. </span>}
      <span key={text}>{text}</span>
    </>
  );
}

function notice(store: Store): string {
  if (store.trouble) return texts.unavailable;
  if (store.online !== false) return "";
  const opens = store.hours?.opens;
  return opens ? texts.backAt(weekdayAndTime(opens)) : texts.leaveMessage;
}
