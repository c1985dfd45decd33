import { useEffect, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import * as both from "#texts/both";
import { Choose, Chosen, pasted } from "../shared/choose";
import { isSendKey, isTooLong, lengthNotice, lengthOf } from "../shared/compose";
import { chosen } from "../shared/files";
import { useTyping } from "../shared/typing";
import { send } from "./connection";
import { draft, draftFiles, setDraft, setDraftFiles } from "./drafts";
import { Send } from "./icons";
import { set, useStore } from "./store";
import { begun, overtaken, reply } from "./talk";

type Props = {
  id: string;
  name: string;
  /** Takes the function by which files are added that were dropped on the conversation. */
  offer: { current(files: Iterable<File>): void };
};

export function Composer({ id, name, offer }: Props) {
  const [text, setText] = useState(draft(id));
  const [files, setFiles] = useState(draftFiles(id));
  const [refused, setRefused] = useState("");
  const [warning, setWarning] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const wanted = useStore((s) => s.replyWanted);
  const loaded = useStore((s) => s.threads.get(id)?.loaded ?? false);
  const typing = useTyping((on) => send({ t: "typing", conv: id, on }));
  const length = lengthOf(text);
  const tooLong = isTooLong(length);
  const notice = lengthNotice(length);
  const ready = (length > 0 || files.length > 0) && !tooLong;

  useEffect(() => {
    if (!wanted) return;
    set({ replyWanted: false });
    change(draft(id));
    setFiles(draftFiles(id));
    field.current?.focus();
  }, [wanted]);

  // The draft of an anonymous conversation has come to this one.
  const moved = useStore((s) => s.draftsMoved);
  useEffect(() => {
    if (!moved) return;
    change(draft(id));
    setFiles(draftFiles(id));
  }, [moved]);

  // What a reload has kept goes on from what is there then.
  useEffect(() => begun(id, text !== "" || files.length > 0), [loaded]);

  function change(next: string) {
    setText(next);
    setDraft(id, next);
    begun(id, next !== "" || draftFiles(id).length > 0);
    if (!next) setWarning("");
  }

  function keep(next: readonly File[]) {
    setFiles(next);
    setDraftFiles(id, next);
    begun(id, draft(id) !== "" || next.length > 0);
    setRefused("");
  }

  function add(more: Iterable<File>) {
    const [all, why] = chosen(files, more);
    keep(all);
    setRefused(why);
    field.current?.focus();
  }
  offer.current = add;

  function submit(e?: Event) {
    e?.preventDefault();
    if (!ready) return;
    const by = overtaken(id);
    setWarning(by && texts.overtaken(by));
    if (by) return;
    reply(id, text.trim(), files);
    keep([]);
    typing.stop();
    change("");
    field.current?.focus();
  }

  function key(e: KeyboardEvent) {
    if (!isSendKey(e)) return;
    e.preventDefault();
    if (!e.repeat) submit(); // a key held down doesn't agree to what it was warned of
  }

  return (
    <form class="composer" onSubmit={submit}>
      {warning && (
        <p class="composer-warning" role="alert" key={warning} translate={false}>
          {warning}
        </p>
      )}
      <div class="composer-box">
        <Chosen files={files} remove={(file) => keep(files.filter((f) => f !== file))} />
        <div class="grow">
          <div class="mirror" aria-hidden="true" translate={false}>
            {text + "\n"}
          </div>
          <textarea
            ref={field}
            aria-label={texts.reply}
            rows={1}
            value={text}
            placeholder={name ? texts.replyTo(name) : texts.reply}
            onKeyDown={key}
            onPaste={(e) => pasted(e, add)}
            onInput={(e) => {
              change(e.currentTarget.value);
              typing.typed(e.currentTarget.value !== "");
            }}
            onBlur={() => typing.stop()}
          />
        </div>
        <div class="composer-foot">
          <Choose add={add} />
          {refused ? (
            <span class="too-long" role="alert" key={refused}>
              {refused}
            </span>
          ) : (
            <span class={tooLong ? "too-long" : ""} role="status" translate={false}>
              {notice}
            </span>
          )}
          <button type="submit" class="button primary" aria-disabled={!ready} title={texts.enterSends}>
            <span>{both.send}</span>
            <Send />
          </button>
        </div>
      </div>
    </form>
  );
}
