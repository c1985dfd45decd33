// Puts what a text leaves open into it.
import { language, locale } from "./language";

/** A text, or its forms by the categories of Intl.PluralRules. */
type Template = string | Record<string, string>;

/** Fills the placeholders of a text; {n} also says which form of a plural it is. Numbers are written as the reader does. */
export function fill(template: Template, values: { n?: number; [name: string]: string | number | undefined }): string {
  return form(template, values.n).replace(/\{(\w+)\}/g, (all, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(locale) : (value ?? all);
  });
}

function form(template: Template, n = 0): string {
  if (typeof template === "string") return template;
  // Older browsers may know of another form, which is nobody's word.
  return template[new Intl.PluralRules(language).select(n)] ?? Object.values(template).pop()!;
}
