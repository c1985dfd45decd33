import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { bytes } from "../shared/bytes";
import { clock, full } from "../shared/dates";
import { unsent } from "../shared/files";
import { linked } from "../shared/linked";
import { memo } from "../shared/memo";
import { idOf } from "../shared/messages";
import { initials } from "../shared/names";
import type { Attachment, Message } from "../shared/operations";
import type { Outgoing } from "../shared/outbox";
import { Part } from "./part";

interface BubbleProps {
  message: Message;
  /** The first of several by one author. */
  first: boolean;
  /** The last of several by one author: it shows the time. */
  last: boolean;
  /** What became of the visitor's newest; else "". */
  mark: string;
  load(seq: number, file: Attachment, now: boolean): Promise<Blob | undefined>;
}

const time = (at: number) => (
  <time dateTime={new Date(at).toISOString()} title={full(at)}>
    {clock(at)}
  </time>
);

export const Bubble = memo(({ message: m, first, last, mark, load }: BubbleProps) => {
  if (m.from === "system")
    return (
      <p class="system" dir="auto" data-bubble={idOf(m)}>
        {m.text}
      </p>
    );
  const mine = m.from === "visitor";
  const name = mine ? texts.you : m.name || texts.support;
  return (
    <div
      class={`message ${mine ? "mine" : "theirs"}${first ? " first" : ""}${last ? " last" : ""}`}
      data-bubble={m.text ? undefined : idOf(m)}
    >
      <span class={mine || !first ? "sr-only" : "name"} dir="auto" translate={false}>
        {name}
      </span>
      <span class="sr-only">, {clock(m.time)}: </span>
      {m.text && (
        <p part={mine ? "message mine" : "message theirs"} class="bubble" dir="auto" data-bubble={idOf(m)}>
          {linked(m.text)}
        </p>
      )}
      {m.attachments?.map((a) => (
        <Part
          key={a.id}
          name="files"
          render={({ Attached }) => (
            <Attached name={a.name} type={a.type} size={a.size} load={(now) => load(m.seq, a, now)} />
          )}
          meanwhile={<FileName {...a} />}
        />
      ))}
      {last && !mine && (
        <span class="avatar" aria-hidden="true" translate={false}>
          {m.picture && <Part name="picture" render={({ Picture }) => <Picture name={m.picture!} />} />}
          {initials(name)}
        </span>
      )}
      {last && (
        <span class="meta" aria-hidden="true" key={mark}>
          {time(m.time)}
          {mark && ` · ${mark}`}
        </span>
      )}
    </div>
  );
});

/** A file that can't be opened, or not yet. */
const FileName = ({ name, size }: { name: string; size: number }) => (
  <span class="file">
    <span class="file-name" dir="auto" translate={false}>
      {name}
    </span>
    <span class="file-size">{bytes(size)}</span>
  </span>
);

interface UnsentProps {
  draft: Outgoing;
  first: boolean;
  retry(cid: string): void;
  /** Takes it back; edit: into the text box. */
  takeBack(cid: string, edit: boolean): void;
}

/** A message of the visitor that the server does not have yet. */
export const Unsent = memo(({ draft, first, retry, takeBack }: UnsentProps) => (
  <div class={`message mine last${first ? " first" : ""}`} data-bubble={draft.text ? undefined : draft.cid}>
    <span class="sr-only">
      {texts.you}, {clock(draft.time)}:{" "}
    </span>
    {draft.text && (
      <p part="message mine" class="bubble" dir="auto" data-bubble={draft.cid}>
        {linked(draft.text)}
      </p>
    )}
    {draft.files.map(({ file }) => (
      <FileName key={file} name={file.name} size={file.size} />
    ))}
    <span
      class="meta"
      key={`${draft.failed} ${draft.waiting} ${draft.handed}`}
      role={draft.failed ? "alert" : undefined}
    >
      {!draft.failed && !draft.waiting ? (
        <>
          {both.sending}
          {unsent(draft.files) && <progress aria-label={both.upload} value={draft.part ?? 0} />}
        </>
      ) : (
        <>
          {draft.waiting ? texts.notSentYet : texts.notSent}
          <button type="button" class="again" onClick={() => retry(draft.cid)}>
            {both.tryAgain}
          </button>
        </>
      )}
      {!draft.handed && (
        <>
          <button type="button" class="again quiet" onClick={() => takeBack(draft.cid, true)}>
            {texts.edit}
          </button>
          <button type="button" class="again quiet" onClick={() => takeBack(draft.cid, false)}>
            {!draft.failed && unsent(draft.files) ? texts.cancel : texts.discard}
          </button>
        </>
      )}
    </span>
  </div>
));
