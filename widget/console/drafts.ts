// What was begun in each conversation's composer and not sent, for as long as the page lives.

const drafts = new Map<string, string>();

export const draft = (conv: string) => drafts.get(conv) ?? "";

export function setDraft(conv: string, text: string): void {
  if (text) drafts.set(conv, text);
  else drafts.delete(conv);
}

export function moveDraft(from: string, to: string): void {
  setDraft(to, [draft(to), draft(from)].filter(Boolean).join("\n"));
  setDraft(from, "");
  setDraftFiles(to, [...draftFiles(to), ...draftFiles(from)]);
  setDraftFiles(from, []);
}

const chosen = new Map<string, readonly File[]>();

/** The files that are to go with it. */
export const draftFiles = (conv: string) => chosen.get(conv) ?? [];

export function setDraftFiles(conv: string, files: readonly File[]): void {
  if (files.length) chosen.set(conv, files);
  else chosen.delete(conv);
}

export function clearDrafts(): void {
  drafts.clear();
  chosen.clear();
}
