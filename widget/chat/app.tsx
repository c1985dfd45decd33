import { useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { droppable } from "../shared/choose";
import { amount, weekdayAndTime } from "../shared/dates";
import type { Look } from "../shared/host";
import { Composer, type ComposerProps } from "./composer";
import { Greeting } from "./greeting";
import { host } from "./host";
import type { LogProps } from "./log";
import { Part } from "./part";
import type { Sound } from "./sound";
import type { Store } from "./store";
import { fullScreen } from "./viewport";
import { greeting } from "./welcome";

declare const __PARLEY__: Look;

export interface AppProps
  extends Pick<LogProps, "earlier" | "retry" | "takeBack" | "load" | "read">,
    Omit<ComposerProps, "offer" | "open"> {
  store: Store;
  sound: Sound;
  /** A message that came while the chat is closed. */
  preview: { name: string; text: string } | undefined;
  /** What stands for the greeting of the texts. */
  greeted: string | undefined;
  open(): void;
}

export function App({
  store,
  sound,
  preview,
  greeted,
  open,
  earlier,
  retry,
  takeBack,
  load,
  read,
  ...composer
}: AppProps) {
  const offer = useRef<(files: Iterable<File>) => void>(() => {});
  const [dragging, setDragging] = useState(false);
  const welcome = store.veiled ? "" : greeting(greeted ?? texts.greeting, store.me);
  return (
    <>
      <section
        role="dialog"
        aria-modal={fullScreen()}
        aria-owns={fullScreen() ? "launcher" : undefined}
        aria-labelledby="title"
        part="panel"
        class={"panel " + __PARLEY__.position}
        hidden={!store.open}
        {...droppable((files) => offer.current(files), setDragging)}
      >
        <header part="header">
          <h2 id="title" part="title" dir="auto">
            {texts.title}
          </h2>
          <p class="presence">{presence(store)}</p>
          {store.open && <More store={store} sound={sound} />}
        </header>
        {store.messages.length || store.outbox.length ? (
          <Part
            name="log"
            render={({ Log }) => <Log {...{ store, earlier, retry, takeBack, load, read }} greeting={welcome} />}
            meanwhile={<Beginning greeting={welcome} waits />}
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
        {asks(store) && (
          <Part
            key={store.era}
            name="forms"
            render={({ Forms }) => <Forms store={store} send={composer.send} />}
            meanwhile={waits(store) && <Late />}
          />
        )}
        <Composer key={store.era} offer={offer} hidden={waits(store)} open={store.open} {...composer} />
      </section>
      <div role="status" class={"preview " + __PARLEY__.position}>
        {preview && !store.open && (
          <button type="button" part="preview" class="card" onClick={open}>
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

/** Says that something is on its way, where that takes long. */
const Late = () => <p class="system late">{both.loading}</p>;

/** The log of messages before there is one. */
const Beginning = ({ greeting, waits }: { greeting: string; waits?: boolean }) => (
  <div class="middle">
    <div class="scroll" role="log" aria-label={both.messages} tabIndex={0}>
      <Greeting text={greeting} />
      {waits && <Late />}
    </div>
  </div>
);

/** A menu of what is seldom wanted. */
function More(props: Pick<AppProps, "store" | "sound">) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        id="more"
        aria-label={texts.more}
        title={texts.more}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5 12h0m7 0h0m7 0h0" />
        </svg>
      </button>
      {open && (
        <Part
          name="menu"
          render={(part) => <part.Menu {...props} title={texts.title} close={() => setOpen(false)} />}
        />
      )}
    </>
  );
}

/** Whether something may be to be asked, or offered. */
const asks = ({ open, conversation, online, who, wrote, form }: Store) =>
  open &&
  (conversation
    ? !__PARLEY__.noOffer && online === false && who === "anonymous" && (wrote || form) // not out of the blue
    : __PARLEY__.asks);

/** Whether that has to be answered before a message is written. */
export const waits = (store: Store) =>
  __PARLEY__.asks === "first" && !store.conversation && store.who !== "person" && !host._parts.forms?._isReady(store);

/** Lies on the launcher, which it describes. */
function Badge({ unread }: { unread: number }) {
  return (
    <span
      id="unread"
      part="badge"
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
