import type { VisitorMe } from "../shared/operations";

/**
 * Puts the visitor's names into the greeting. A name that is not known goes
 * with the space or comma before it: "Hi {firstname}, how…" becomes "Hi, how…".
 */
export function greeting(template: string, me: VisitorMe | undefined): string {
  const text = template.replace(
    /(,?\s*)\{(firstname|lastname|email)\}/g,
    (_, before: string, name: keyof VisitorMe) => {
      const value = me?.[name]?.trim();
      return value ? before + value : "";
    },
  );
  return text
    .replace(/^[\s,]+/, "")
    .replace(/\s{2,}/g, " ")
    .trim();
}
