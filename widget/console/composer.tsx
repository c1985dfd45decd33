import { useEffect, useRef, useState } from "preact/hooks";
import { draft, setDraft } from "./drafts";
import { Send } from "./icons";
import { set, useStore } from "./store";
import { reply } from "./talk";
import { useTyping } from "./typing";

const longest = 4000; // characters, as the server counts them
const warnFrom = 3600;

export function Composer({ id, name }: { id: string; name: string }) {
  const [text, setText] = useState(draft(id));
  const field = useRef<HTMLTextAreaElement>(null);
  const wanted = useStore((s) => s.replyWanted);
  const typing = useTyping(id);
  const length = [...text].length;
  const ready = text.trim() !== "" && length <= longest;

  useEffect(() => {
    if (!wanted) return;
    set({ replyWanted: false });
    change(draft(id));
    field.current?.focus();
  }, [wanted]);

  function change(next: string) {
    setText(next);
    setDraft(id, next);
  }

  function submit(e?: Event) {
    e?.preventDefault();
    if (!ready) return;
    reply(id, text.trim());
    typing.stop();
    change("");
    field.current?.focus();
  }

  function key(e: KeyboardEvent) {
    // Enter that ends the choice of a character (IME) is none that sends.
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    submit();
  }

  return (
    <form class="composer" onSubmit={submit}>
      <div class="composer-box">
        <div class="grow">
          <div class="mirror" aria-hidden="true">
            {text + "\n"}
          </div>
          <textarea
            ref={field}
            aria-label="Reply"
            rows={1}
            value={text}
            placeholder={name ? `Reply to ${name}` : "Reply"}
            onKeyDown={key}
            onInput={(e) => {
              change(e.currentTarget.value);
              typing.typed(e.currentTarget.value !== "");
            }}
            onBlur={typing.stop}
          />
        </div>
        <div class="composer-foot">
          {length > warnFrom ? (
            <span class={length > longest ? "over" : ""} role="status">
              {length > longest
                ? `${length - longest} characters too many`
                : `${longest - length} characters left`}
            </span>
          ) : (
            <span class="hint">
              <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> starts a new line
            </span>
          )}
          <button type="submit" class="button primary" aria-disabled={!ready}>
            <span>Send</span>
            <Send />
          </button>
        </div>
      </div>
    </form>
  );
}
