// The card that asks what the visitor thinks of a resolved conversation, fetched
// once there is one.

import { useEffect, useRef, useState } from "preact/hooks";
import { setTexts } from "#texts/both";
import * as texts from "#texts/rating";
import type { Store } from "../chat/store";
import { type Host, hostKey } from "../shared/host";
import type { VisitorState } from "../shared/operations";
import { bring } from "../shared/part";
import css from "./rating.css";

const host = (window as unknown as { [hostKey]: Host })[hostKey];

/** As long as the server takes, in UTF-16 units, which are never fewer than characters. */
const longestComment = 1000;

/** Faces from 1, the worst, to 5: their mouths. */
const mouths = [
  "M8 17q4-5 8 0",
  "M8.5 16q3.5-2 7 0",
  "M8.5 15.5h7",
  "M8.5 14.5q3.5 3 7 0",
  "M7.5 13.5h9q-.5 5-4.5 5t-4.5-5z",
];
const nameOf = (score: number): string =>
  [texts.veryBad, texts.bad, texts.okay, texts.good, texts.veryGood][score - 1] ?? "";

/** What is begun, of whom and of which time that it was resolved: the card goes when it is scrolled out of sight. */
let draft = { of: "", score: 0, comment: "" };

export interface RatingProps {
  store: Store;
  /** Of the resolved conversation. */
  state: VisitorState;
}

function Rating({ store, state }: RatingProps) {
  const { rating: given, resolves } = state;
  const of = `${store.era} ${resolves}`;
  if (draft.of !== of) draft = { of, score: 0, comment: "" };
  const [, redraw] = useState({});
  const [step, setStep] = useState<"" | "change" | "busy" | "failed">("");
  const card = useRef<HTMLDivElement>(null);
  const focused = useRef(false);
  const asking = !given || step;

  // What had the focus is gone: what took its place has it.
  useEffect(() => {
    if (focused.current) card.current!.querySelector<HTMLElement>(":checked, button")!.focus();
    focused.current = false;
  }, [!asking]);

  const choose = (score: number) => {
    draft.score = score;
    redraw({});
  };
  const change = () => {
    Object.assign(draft, { comment: "" }, given);
    focused.current = true;
    setStep("change");
  };
  const send = async () => {
    if (step === "busy") return;
    setStep("busy");
    const { score, comment } = draft;
    const answer = await host.post("rate", { score, comment, resolves });
    if (answer.t === "reset") host._sessionEnded();
    const now = store.conversation;
    const done = answer.t === "state";
    // Of the conversation itself something newer may have come.
    if (done && now?.status === "resolved" && now.resolves === resolves && of === draft.of)
      store.change({ ...now, rating: answer.rating! });
    focused.current = done && !!card.current?.contains(host.root.activeElement);
    setStep(done ? "" : "failed");
  };

  return (
    <div class="rating" ref={card}>
      {asking ? (
        <>
          <p id="how-was-it">{texts.howWasIt}</p>
          <div role="radiogroup" aria-labelledby="how-was-it" class="scale">
            {mouths.map((mouth, at) => (
              <label key={mouth} title={nameOf(at + 1)}>
                <input
                  type="radio"
                  name="rating"
                  aria-label={nameOf(at + 1)}
                  checked={draft.score === at + 1}
                  onChange={() => choose(at + 1)}
                />
                <Face score={at + 1} />
              </label>
            ))}
          </div>
          {!!draft.score && (
            <>
              <p aria-hidden="true">{nameOf(draft.score)}</p>
              <textarea
                rows={2}
                dir="auto"
                maxLength={longestComment}
                aria-label={texts.ratingComment}
                placeholder={texts.ratingComment}
                value={draft.comment}
                onInput={(event) => (draft.comment = event.currentTarget.value)}
              />
              <button type="button" class="act" aria-disabled={step === "busy"} onClick={send}>
                {texts.sendRating}
              </button>
            </>
          )}
        </>
      ) : (
        <>
          <Face score={given.score} />
          <p>{nameOf(given.score)}</p>
          {given.comment && (
            <p class="comment" dir="auto" translate={false}>
              {given.comment}
            </p>
          )}
          <button type="button" onClick={change}>
            {texts.changeRating}
          </button>
        </>
      )}
      <p role="status" class={asking ? "" : "thanks"}>
        {step === "failed" ? texts.ratingNotSent : asking ? "" : texts.ratingThanks}
      </p>
    </div>
  );
}

function Face({ score }: { score: number }) {
  return (
    <svg class="face" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="9.5" />
      <path d={`M8.8 9.2v.8M15.2 9.2v.8${mouths[score - 1]}`} />
    </svg>
  );
}

const rating = { _speak: setTexts, Rating };

export type RatingPart = typeof rating;

bring("rating", rating, css);
