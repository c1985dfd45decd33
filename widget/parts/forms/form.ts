// What is asked, as the Caddyfile says it, and what has been filled in.
import type { Tags } from "../../shared/host";
import { isEmail, isPhone } from "./check";

/** One question. */
export interface Field {
  /** name, firstname, lastname, email, phone; or, with a label, the key of a further field. */
  name: string;
  label?: string;
  required?: boolean;
}

/** A form of the Caddyfile. */
export interface Asked {
  text?: string;
  fields: readonly Field[];
}

/** What is filled in, and how far one has come. It is left to the tab's next page, as a draft is. */
export interface Form {
  values: Readonly<Record<string, string>>;
  /** What is wrong is shown: it was tried to go on. */
  tried?: boolean;
  /** What is asked before the chat has been answered. */
  done?: boolean;
  /** The message that was chosen before that. */
  reply?: string;
  /** The address that is left after a message is on its way. */
  saving?: boolean;
  /** It could not be kept. */
  failed?: boolean;
  /** The one that is kept. */
  saved?: string;
  /** No address will be left. */
  declined?: boolean;
}

/** What is wrong with an answer. */
export type Problem = "" | "missing" | "email" | "phone";

export function problem({ name, required }: Field, value = ""): Problem {
  const text = value.trim();
  if (!text) return required ? "missing" : "";
  if (name === "email" && !isEmail(text)) return "email";
  return name === "phone" && !isPhone(text) ? "phone" : "";
}

/** The first field that keeps a form from being sent. */
export const firstProblem = (fields: readonly Field[], values: Form["values"]): Field | undefined =>
  fields.find((field) => problem(field, values[field.name]));

/** The answers, as a page would say them; undefined where there are none. What is wrong in form is none. */
export function tagsOf(fields: readonly Field[], values: Form["values"]): Tags | undefined {
  const tags: Tags = {};
  for (const field of fields) {
    const { name } = field;
    const text = values[name]?.trim();
    if (!text || problem(field, text)) continue;
    // The whole of a name stands in one field.
    if (name === "name") Object.assign(tags, { firstname: text, lastname: null });
    else if (["firstname", "lastname", "email"].includes(name)) tags[name] = text;
    else tags.additionalTaggingData = { ...tags.additionalTaggingData, [name]: text };
  }
  return Object.keys(tags).length ? tags : undefined;
}
