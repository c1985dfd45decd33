import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { Attached } from "../shared/attached";
import { clock, full } from "../shared/dates";
import { bytes, unsent } from "../shared/files";
import type { Attachment, Message } from "../shared/frames";
import { linked } from "../shared/links";
import { memo } from "../shared/memo";
import type { Draft } from "./store";

interface BubbleProps {
  message: Message;
  /** The first of several by one author. */
  first: boolean;
  /** The last of several by one author: it shows the time. */
  last: boolean;
  /** The visitor's newest: it says that it has been sent. */
  newest: boolean;
  load(seq: number, file: Attachment, now: boolean): Promise<Blob | undefined>;
}

const time = (at: number) => <time dateTime={new Date(at).toISOString()} title={full(at)} children={clock(at)} />;

/** The first letters of the first and the last word. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words[words.length - 1] : ""]
    .map((word) => Array.from(word ?? "")[0] ?? "")
    .join("");
}

export const Bubble = memo(({ message: m, first, last, newest, load }: BubbleProps) => {
  if (m.from === "system") return <p class="system" dir="auto" children={m.text} />;
  const mine = m.from === "visitor";
  const name = mine ? texts.you : m.name || texts.support;
  return (
    <div class={`message ${mine ? "mine" : "theirs"}${first ? " first" : ""}${last ? " last" : ""}`}>
      <span class={mine || !first ? "heard" : "name"} dir="auto" children={name} />
      <span class="heard">, {clock(m.time)}: </span>
      {m.text && <p class="bubble" dir="auto" children={linked(m.text)} />}
      {m.attachments?.map((a) => (
        <Attached key={a.id} name={a.name} type={a.type} size={a.size} load={(now) => load(m.seq, a, now)} />
      ))}
      {last && !mine && <span class="avatar" aria-hidden="true" children={initials(name)} />}
      {last && (
        <span class="meta" aria-hidden="true">
          {time(m.time)}
          {newest && ` · ${texts.sent}`}
        </span>
      )}
    </div>
  );
});

interface UnsentProps {
  draft: Draft;
  first: boolean;
  again(cid: string): void;
}

/** A message of the visitor that the server does not have yet. */
export const Unsent = memo(({ draft, first, again }: UnsentProps) => (
  <div class={`message mine last unsent${first ? " first" : ""}`}>
    <span class="heard">
      {texts.you}, {clock(draft.time)}:{" "}
    </span>
    {draft.text && <p class="bubble" dir="auto" children={linked(draft.text)} />}
    {draft.files.map(({ file }) => (
      <span class="file" key={file}>
        <span class="file-name" dir="auto" children={file.name} />
        <span class="file-size" children={bytes(file.size)} />
      </span>
    ))}
    <span class="meta">
      {draft.state === "sending" ? (
        <>
          {both.sending}
          {unsent(draft.files) && <progress aria-label={both.upload} value={draft.part ?? 0} />}
        </>
      ) : (
        <>
          {draft.state === "waiting" ? texts.notSentYet : texts.notSent}
          <button type="button" class="again" onClick={() => again(draft.cid)}>
            {both.tryAgain}
          </button>
        </>
      )}
    </span>
  </div>
));
