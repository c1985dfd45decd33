import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/visitor";
import { Choose, Chosen, pasted } from "../shared/choose";
import { chosen } from "../shared/files";

/** Characters of one message, as the server counts them. */
const most = 4000;
/** From here on the visitor is told what is left. */
const counted = 3600;
/** How long "typing" holds without another key, in milliseconds. */
const typingFor = 4000;

export interface ComposerProps {
  draft: { get(): string; set(text: string): void };
  send(text: string, files: readonly File[]): void;
  /** Takes the function by which files are added that were dropped elsewhere. */
  offer: { current(files: Iterable<File>): void };
  typing(on: boolean): void;
  /** Hands out the function that focuses the text box. */
  focus(fn: () => void): void;
}

export function Composer({ draft, send, typing, focus, offer }: ComposerProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [length, setLength] = useState(0);
  const [files, setFiles] = useState<File[]>([]);
  const [refused, setRefused] = useState("");
  const announce = useTyping(typing);

  const changed = () => {
    const text = box.current!.value;
    setLength(Array.from(text.trim()).length);
    fit(box.current!);
    draft.set(text);
    return text;
  };
  useLayoutEffect(() => {
    box.current!.value = draft.get();
    changed();
    focus(() => box.current?.focus({ preventScroll: true }));
  }, []);

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
    if ((!text && !files.length) || Array.from(text).length > most) return;
    box.current!.value = "";
    changed();
    announce(false);
    send(text, files);
    setFiles([]);
    setRefused("");
  };
  const left = most - length;
  return (
    // No form: a sandboxed page may bar submitting one.
    <div class="composer">
      <Chosen files={files} remove={(file) => setFiles(files.filter((f) => f !== file))} />
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label={texts.message}
        aria-invalid={left < 0}
        aria-describedby="count"
        placeholder={texts.writeMessage}
        enterkeyhint="send"
        onPaste={(event) => pasted(event, add)}
        onInput={() => announce(!!changed().trim())}
        onKeyDown={(event) => {
          // The Enter that ends the composition of a character is not meant for us.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          submit();
        }}
      />
      <Choose add={add} />
      <button
        type="button"
        onClick={submit}
        class={(length || files.length) && left >= 0 ? "send" : "send off"}
        aria-label={both.send}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 20V5M5 11.5 12 4.5l7 7" />
        </svg>
      </button>
      <p id="count" class={left < 0 || refused ? "count over" : "count"} role="status">
        {refused || (length >= counted && (left < 0 ? both.charactersTooMany(-left) : both.charactersLeft(left)))}
      </p>
    </div>
  );
}

/** Grows with its text, up to what the style sheet allows. */
function fit(box: HTMLTextAreaElement): void {
  box.style.height = "auto";
  if (box.scrollHeight) box.style.height = box.scrollHeight + 2 + "px";
}

/** Says "typing" at most once in a while, and "no longer" after a pause. */
function useTyping(typing: (on: boolean) => void): (on: boolean) => void {
  const state = useRef<{ said: number; pause?: ReturnType<typeof setTimeout> }>({ said: 0 });
  useEffect(() => () => clearTimeout(state.current.pause), []);
  return (on) => {
    const now = state.current;
    clearTimeout(now.pause);
    if (on) {
      if (Date.now() - now.said > typingFor * 0.75) {
        now.said = Date.now();
        typing(true);
      }
      now.pause = setTimeout(() => {
        now.said = 0;
        typing(false);
      }, typingFor);
    } else if (now.said) {
      now.said = 0;
      typing(false);
    }
  };
}
