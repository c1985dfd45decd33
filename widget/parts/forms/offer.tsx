import { useEffect } from "preact/hooks";
import * as texts from "#texts/forms";
import { host } from "../../chat/host";
import type { Store } from "../../chat/store";
import { Field } from "./field";
import { isWithin, toComposer, toField } from "./focus";
import { problem } from "./form";
import { change, formOf } from "./questions";

const email = { name: "email", required: true };

/** Offers who has written while nobody is there to leave an address. */
export function Offer({ store }: { store: Store }) {
  const { saving, saved, failed, values } = formOf(store);
  /** Once is enough. */
  const thanked = () => {
    if (store.form?.saved) store.set({ form: undefined });
  };
  useEffect(() => {
    if (saving) void save(store); // the page before did not hear what became of it
    if (saved) thanked();
    return thanked;
  }, []);
  const leave = () => {
    if (saving) return;
    change(store, { tried: true });
    if (problem(email, values.email)) toField("email");
    else void save(store);
  };
  return (
    <div class="forms">
      <div role="status">{saved && <p class="saved">{texts.formSaved(saved)}</p>}</div>
      {!saved && (
        <div class="offer" role="group" aria-label={texts.formOffer}>
          <Field field={email} store={store} enter={leave} label={texts.formOffer}>
            <button type="button" class="go" aria-disabled={!!saving} onClick={leave}>
              {texts.formSave}
            </button>
          </Field>
          <button
            type="button"
            class="decline"
            aria-label={texts.formDecline}
            title={texts.formDecline}
            onClick={() => {
              change(store, { declined: true });
              toComposer();
            }}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M6 6l12 12M18 6 6 18" />
            </svg>
          </button>
          <p class="wrong" role="status">
            {failed && texts.formFailed}
          </p>
        </div>
      )}
    </div>
  );
}

/** Keeps the address. The same again is no harm. */
async function save(store: Store): Promise<void> {
  const { era } = store;
  change(store, { saving: true, failed: false });
  const address = formOf(store).values.email!.trim();
  const answer = await host.post("tag", { data: { email: address } }, true);
  if (era !== store.era) return;
  if (answer.t !== "ok") return change(store, { saving: false, failed: true });
  if (isWithin()) toComposer();
  change(store, { saving: false, saved: address });
}
