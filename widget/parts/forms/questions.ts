// What is to be asked of whom, and when.
import { host } from "../../chat/host";
import type { Store } from "../../chat/store";
import type { Tags } from "../../shared/host";
import { toField } from "./focus";
import { type Asked, type Form, firstProblem, tagsOf } from "./form";

declare const __PARLEY__: {
  /** Asked before the first message. */
  before?: Asked;
  /** Asked with the first message, where nobody is there. */
  away?: Asked;
  /** Messages to choose from. */
  replies?: string[];
};

const { before, away, replies } = __PARLEY__;

const nothing: Form = { values: {} };

export const formOf = (store: Store): Form => store.form ?? nothing;

export const change = (store: Store, part: Partial<Form>): void => store.set({ form: { ...formOf(store), ...part } });

/** There may be a session, and the server has not said yet whose. */
const isUnknown = ({ session }: Store): boolean => session === undefined && !!host._sessionCookie();

/** Nothing was written yet, and it is known who might. */
const isNew = (store: Store): boolean =>
  !store.conversation && !store.outbox.length && !store.veiled && !isUnknown(store);

/** An e-mail address is known already, verified or not. */
const hasAddress = ({ me, conversation }: Store): boolean =>
  !!(me?.email || conversation?.reachable || host._tags.some((said) => said.email));

/** The form that stands in the place of the composer. */
export const askedBefore = (store: Store): Asked | undefined =>
  isNew(store) && store.who !== "person" && !formOf(store).done ? before : undefined;

/** The form that stands above the composer. */
export const askedAway = (store: Store): Asked | undefined =>
  isNew(store) &&
  store.online === false &&
  !hasAddress(store) &&
  !(before?.fields.some(({ name }) => name === "email") && formOf(store).values.email)
    ? away
    : undefined;

/** The messages to choose from. */
export const offered = (store: Store): readonly string[] => (isNew(store) && replies) || [];

/** Whether an address may be left after a message. */
export const offersAddress = (store: Store): boolean | undefined => {
  const { saved, saving, declined } = formOf(store);
  const unanswered = store.messages[store.messages.length - 1]?.from === "visitor";
  return (
    !!store.conversation && !store.veiled && !declined && (!!saved || saving || (unanswered && !hasAddress(store)))
  );
};

/** Whether a message can be written. */
export const isReady = (store: Store): boolean =>
  !askedBefore(store) &&
  (store.trouble || !(isUnknown(store) || (store.online === undefined && away?.fields.some((f) => f.required))));

/** What goes with a message; null: it is not sent before what is missing is filled in. */
export function tag(store: Store): Tags | undefined | null {
  if (store.conversation) return undefined;
  const { values } = formOf(store);
  const wrong = firstProblem(askedAway(store)?.fields ?? [], values);
  if (wrong) {
    change(store, { tried: true });
    toField(wrong.name);
    return null;
  }
  const tags = tagsOf([...((store.who !== "person" && before?.fields) || []), ...(away?.fields ?? [])], values);
  if (tags) change(store, { done: true, tried: false });
  // What the page has said of the same goes later, and is not to count instead.
  if (tags && host._tags.length) host._tags.push(tags);
  return tags;
}
