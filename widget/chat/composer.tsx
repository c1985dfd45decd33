import { useLayoutEffect, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { Choose, Chosen, pasted } from "../shared/choose";
import { isSendKey, isTooLong, lengthNotice, lengthOf } from "../shared/compose";
import { chosen } from "../shared/files";
import { useTyping } from "../shared/typing";
import { Part } from "./part";

/** What else is done with the text box, by who has no hand in drawing it. */
export interface ComposerHandle {
  focus(): void;
  /** The draft has been changed. */
  show(): void;
  add(files: Iterable<File>): void;
}

export interface ComposerProps {
  draft: { get(): string; set(text: string): void };
  /** Whether it was sent: a form may want something first. */
  send(text: string, files: readonly File[]): boolean;
  /** Takes the function by which files are added that were dropped elsewhere. */
  offer: { current(files: Iterable<File>): void };
  /** Whether the notice could be sent. */
  typing(on: boolean): boolean;
  /** Hands out the handle. */
  handle(handle: ComposerHandle): void;
  /** A form stands in its place. */
  hidden?: boolean | undefined;
  open: boolean;
}

export function Composer({ draft, send, typing, handle, offer, hidden, open }: ComposerProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [length, setLength] = useState(0);
  const [files, setFiles] = useState<File[]>([]);
  const [refused, setRefused] = useState("");
  const [picking, setPicking] = useState(false);
  const notice = useTyping(typing);
  /** It is to have the focus, and is hidden. */
  const due = useRef(false);
  const focus = () => {
    due.current = !!box.current?.closest(".composer[hidden]");
    box.current?.focus({ preventScroll: true });
  };

  const changed = () => {
    const text = box.current!.value;
    setLength(lengthOf(text));
    fit(box.current!);
    draft.set(text);
    return text;
  };
  useLayoutEffect(() => {
    const show = () => {
      box.current!.value = draft.get();
      changed();
    };
    show();
    handle({ show, add: (files) => offer.current(files), focus });
  }, []);
  useLayoutEffect(() => {
    if (!hidden && due.current) focus();
  }, [hidden]);

  useLayoutEffect(() => {
    if (!open) setPicking(false);
  }, [open]);

  const add = (more: Iterable<File>) => {
    const [all, why] = chosen(files, more);
    setFiles(all);
    setRefused(why);
    box.current!.focus();
  };
  offer.current = add;

  const submit = () => {
    const text = box.current!.value.trim();
    box.current!.focus();
    if ((!text && !files.length) || isTooLong(lengthOf(text)) || !send(text, files)) return;
    box.current!.value = "";
    changed();
    notice.stop();
    setFiles([]);
    setRefused("");
  };
  const tooLong = isTooLong(length);
  return (
    // No form: a sandboxed page may bar submitting one.
    <div part="composer" class="composer" hidden={hidden}>
      <Chosen files={files} remove={(file) => setFiles(files.filter((f) => f !== file))} />
      <textarea
        ref={box}
        part="input"
        rows={1}
        dir={length ? "auto" : undefined} // the hint is in the chat's own
        aria-label={texts.message}
        aria-invalid={tooLong}
        aria-describedby="count"
        placeholder={texts.writeMessage}
        enterkeyhint="send"
        onPaste={(event) => pasted(event, add)}
        onInput={() => notice.typed(!!changed().trim())}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return;
          event.preventDefault();
          submit();
        }}
      />
      <Choose add={add} />
      <button
        type="button"
        class="attach emoji"
        aria-label={texts.insertEmoji}
        aria-expanded={picking}
        onClick={() => setPicking(!picking)}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 3a9 9 0 1 0 .1 0M9 9v1m6-1v1m-7 4q4 4 8 0" />
        </svg>
      </button>
      {picking && (
        <Part name="emoji" render={({ Picker }) => <Picker box={box.current!} close={() => setPicking(false)} />} />
      )}
      <button
        type="button"
        onClick={submit}
        part="send"
        class={(length || files.length) && !tooLong ? "send" : "send off"}
        aria-label={both.send}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 20V5M5 11.5 12 4.5l7 7" />
        </svg>
      </button>
      <p id="count" class={tooLong || refused ? "count too-long" : "count"} role="status" translate={false}>
        {refused || lengthNotice(length)}
      </p>
    </div>
  );
}

/** Grows with its text, up to what the style sheet allows. */
function fit(box: HTMLTextAreaElement): void {
  box.style.height = "auto";
  if (box.scrollHeight) box.style.height = box.scrollHeight + 2 + "px";
}
