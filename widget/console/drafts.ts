// What was begun in each conversation's composer and not sent. Texts outlive a
// reload, in the tab's own storage and for their writer only; files don't.

const drafts = new Map<string, string>();
const storageKey = "parley-desk-drafts";
let writer = "";

/** Takes up what an agent had begun before the page was loaded; what somebody else had goes. */
export function recallDrafts(email: string): void {
  writer = email;
  try {
    const kept = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}");
    if (kept.writer === email) for (const [conv, text] of kept.drafts) drafts.set(conv, text);
  } catch {
    // Storage is barred.
  }
  keepDrafts();
}

function keepDrafts(): void {
  try {
    if (drafts.size) sessionStorage.setItem(storageKey, JSON.stringify({ writer, drafts: [...drafts] }));
    else sessionStorage.removeItem(storageKey);
  } catch {
    // Storage is barred or full: the draft lives as long as the page.
  }
}

export const draft = (conv: string) => drafts.get(conv) ?? "";

export function setDraft(conv: string, text: string): void {
  if (text) drafts.set(conv, text);
  else drafts.delete(conv);
  keepDrafts();
}

export function moveDraft(from: string, to: string): void {
  seenBy.delete(from); // numbers of the other conversation
  setDraft(to, [draft(to), draft(from)].filter(Boolean).join("\n"));
  setDraft(from, "");
  setDraftFiles(to, [...draftFiles(to), ...draftFiles(from)]);
  setDraftFiles(from, []);
}

const chosen = new Map<string, readonly File[]>();

/** Up to where each conversation was seen as its draft was begun. */
export const seenBy = new Map<string, number>();

/** The files that are to go with it. */
export const draftFiles = (conv: string) => chosen.get(conv) ?? [];

export function setDraftFiles(conv: string, files: readonly File[]): void {
  if (files.length) chosen.set(conv, files);
  else chosen.delete(conv);
}

/** Whether files were chosen that a reload would lose. */
export const filesChosen = () => chosen.size > 0;

export function clearDrafts(): void {
  drafts.clear();
  chosen.clear();
  seenBy.clear();
  keepDrafts();
}
