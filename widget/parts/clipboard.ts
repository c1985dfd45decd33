/** Copies a text. Without HTTPS, and in frames that may not, browsers have the old way only, which copies what is selected. */
export async function copy(root: ShadowRoot, text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {}
  const box = document.createElement("textarea");
  box.className = "sr-only";
  box.value = text;
  root.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  return copied;
}
