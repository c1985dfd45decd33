// Choosing files: by a dialog, by paste and by drop.
import * as texts from "#texts/both";
import { bytes } from "./bytes";

/** A file field with an icon in its place, so that keyboards and screen readers find what they know. */
export function Choose({ add }: { add(files: Iterable<File>): void }) {
  return (
    <span class="attach">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="m20 11.5-8.2 8.2a5 5 0 0 1-7-7l8.4-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.3 8.3a1.6 1.6 0 0 1-2.3-2.3l7.6-7.6" />
      </svg>
      <input
        type="file"
        multiple
        aria-label={texts.attachFiles}
        onChange={({ currentTarget: field }) => {
          add([...(field.files ?? [])]);
          field.value = ""; // the same file may be chosen again
        }}
      />
    </span>
  );
}

/** What was chosen, each with a way to take it off. */
export function Chosen({ files, remove }: { files: readonly File[]; remove(file: File): void }) {
  if (!files.length) return null;
  return (
    <ul class="chosen-files" aria-label={texts.filesToSend}>
      {files.map((file) => (
        <li key={file}>
          <span class="file-name" dir="auto" translate={false}>
            {file.name}
          </span>
          <span class="file-size">{bytes(file.size)}</span>
          <button type="button" aria-label={texts.removeFile(file.name)} onClick={() => remove(file)}>
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Takes files that are pasted; text is left to the field. */
export function pasted(event: ClipboardEvent, add: (files: Iterable<File>) => void): void {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
  event.preventDefault();
  add(files);
}

/** Handlers for an element onto which files can be dropped. */
export const droppable = (add: (files: Iterable<File>) => void, dragging: (on: boolean) => void) => ({
  onDragOver: (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    dragging(true);
  },
  onDragLeave: (event: DragEvent) => {
    if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null)) dragging(false);
  },
  onDrop: (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    dragging(false);
    add([...event.dataTransfer.files]);
  },
});
