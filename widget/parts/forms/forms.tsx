import { useEffect } from "preact/hooks";
import * as texts from "#texts/forms";
import { host } from "../../chat/host";
import type { Store } from "../../chat/store";
import { Field } from "./field";
import { toComposer, toField } from "./focus";
import { type Asked, firstProblem } from "./form";
import { Offer } from "./offer";
import { askedAway, askedBefore, change, formOf, offered, offersAddress } from "./questions";

interface FormsProps {
  store: Store;
  send(text: string, files: readonly File[]): boolean;
}

/** All that is asked, and what can be said with one click. */
export function Forms({ store, send }: FormsProps) {
  const before = askedBefore(store);
  const away = before ? undefined : askedAway(store);
  const replies = offered(store);
  useEffect(() => {
    store.set({}); // the composer shows by what is asked
    // Whoever opens the chat is there to write; it is drawn anew each time.
    if (host.wanted && before && !host.root.activeElement?.matches("input")) toField(before.fields[0]!.name);
  }, []);
  useEffect(() => () => sent(store), [!store.conversation]);

  if (offersAddress(store)) return <Offer store={store} />;
  if (!before && !away && !replies.length) return null;

  const begin = () => {
    const wrong = firstProblem(before!.fields, formOf(store).values);
    if (wrong) {
      change(store, { tried: true });
      return toField(wrong.name);
    }
    change(store, { done: true, tried: false });
    sendReply();
  };
  /** Sends what was chosen, if anything was; what lacks an address still goes when that is there. */
  const sendReply = () => {
    const { reply } = formOf(store);
    if (!reply || send(reply, [])) toComposer();
  };
  const choose = (text: string) => {
    if (!before && send(text, [])) return toComposer();
    change(store, { reply: text });
    if (before) toField(before.fields.find((f) => !formOf(store).values[f.name])?.name ?? before.fields[0]!.name);
  };
  return (
    <div class="forms first">
      {!!replies.length && (
        <div class="replies" role="group" aria-label={texts.formReplies}>
          {replies.map((text) => (
            <button
              type="button"
              key={text}
              dir="auto"
              aria-pressed={before || away ? formOf(store).reply === text : undefined}
              onClick={() => choose(text)}
            >
              {text}
            </button>
          ))}
        </div>
      )}
      {before && <Questions asked={before} store={store} enter={begin} go class="ask" />}
      {away && (
        <Questions
          asked={away}
          text={texts.formAway}
          store={store}
          enter={formOf(store).reply ? sendReply : sendNow}
          go={!!formOf(store).reply}
          class="away"
        />
      )}
    </div>
  );
}

/** What was filled in has gone with a message. */
function sent(store: Store): void {
  if (store.conversation && store.form?.done) store.form = undefined;
}

/** As a click does: with nothing to send, the composer gets the focus. */
const sendNow = () => host.root.querySelector<HTMLElement>(".composer .send")!.click();

interface QuestionsProps extends Pick<Parameters<typeof Field>[0], "store" | "enter"> {
  asked: Asked;
  text?: string;
  /** There is a button that does the same as the Enter key. */
  go: boolean;
  class: string;
}

function Questions({ asked, text = "", store, enter, go, class: kind }: QuestionsProps) {
  const words = asked.text || text;
  return (
    // No form: a sandboxed page may bar submitting one.
    <div class={kind} role="group" aria-label={words || undefined}>
      {words && <p dir="auto">{words}</p>}
      {asked.fields.map((field) => (
        <Field key={field.name} field={field} store={store} enter={enter} />
      ))}
      {go && (
        <button type="button" class="go" onClick={enter}>
          {texts.formStart}
        </button>
      )}
    </div>
  );
}
