import type { ComponentChildren } from "preact";
import * as texts from "#texts/forms";
import type { Store } from "../../chat/store";
import { isSendKey } from "../../shared/sendkey";
import { type Field as Asked, type Problem, problem } from "./form";
import { change, formOf } from "./questions";

/** What the fields that have no label of their own are called, and what of the browser fits them. */
const known: Record<string, { label(): string; type?: "email" | "tel"; fill: string }> = {
  name: { label: () => texts.formName, fill: "name" },
  firstname: { label: () => texts.formFirstname, fill: "given-name" },
  lastname: { label: () => texts.formLastname, fill: "family-name" },
  email: { label: () => texts.formEmail, type: "email", fill: "email" },
  phone: { label: () => texts.formPhone, type: "tel", fill: "tel" },
};

const explained = (what: Problem): string =>
  what && { missing: texts.formMissing, email: texts.formEmailInvalid, phone: texts.formPhoneInvalid }[what];

/** As much as is kept, in characters that are no more than a byte each. */
const longest = 256;

interface FieldProps {
  field: Asked;
  store: Store;
  /** What the Enter key does. */
  enter(): void;
  /** Instead of the field's own. */
  label?: string;
  /** Beside the box. */
  children?: ComponentChildren;
}

/** A box with its label above and what is wrong below. */
export function Field({ field, store, enter, label, children }: FieldProps) {
  const { name, required } = field;
  const { values, tried } = formOf(store);
  const { type = "text", fill = "on", label: own } = known[name] ?? {};
  const id = "form-" + name;
  const wrong = tried ? explained(problem(field, values[name])) : "";
  const called = label ?? field.label ?? own!();
  return (
    <div class="field">
      <label for={id}>{required || label ? called : texts.formOptional(called)}</label>
      <div class="line">
        <input
          id={id}
          name={name}
          type={type as "text"}
          inputMode={type}
          autocomplete={fill}
          maxLength={longest}
          dir={type !== "text" ? "ltr" : values[name] ? "auto" : undefined}
          required={!!required}
          aria-invalid={!!wrong}
          aria-describedby={id + "-wrong"}
          enterkeyhint="send"
          value={values[name] ?? ""}
          onInput={(event) => change(store, { values: { ...formOf(store).values, [name]: event.currentTarget.value } })}
          onKeyDown={(event) => {
            if (!isSendKey(event)) return;
            event.preventDefault();
            enter();
          }}
        />
        {children}
      </div>
      <p id={id + "-wrong"} class="wrong">
        {wrong}
      </p>
    </div>
  );
}
