// The emoji picker, fetched by those who open it.
import { useEffect, useRef, useState } from "preact/hooks";
import { setTexts } from "#texts/both";
import * as texts from "#texts/emoji";
import list from "../emoji/list.json";
import { type Host, hostKey } from "../shared/host";
import { bring, isWriting } from "../shared/part";
import css from "./emoji.css";
import { isDrawn } from "./emoji-drawn";
import { type Emoji, found, recent, rows, step, use } from "./emoji-list";

const host = (window as unknown as { [hostKey]: Host })[hostKey];

let groups = grouped();

/** The emoji in groups, each with its title, in the language of the texts. */
function grouped(): { title: string; all: Emoji[] }[] {
  const titles = [
    texts.emojiFaces,
    texts.emojiPeople,
    texts.emojiNature,
    texts.emojiFood,
    texts.emojiLeisure,
    texts.emojiThings,
    texts.emojiSigns,
  ];
  const names = texts.emojiNames.split("\n");
  let at = 0;
  return list.map((line, i) => ({
    title: titles[i]!,
    all: line
      .split(" ")
      .map((sign): Emoji => ({ sign, name: names[at++]! }))
      .filter(({ sign }) => isDrawn(sign)),
  }));
}

interface PickerProps {
  /** Where what is picked goes, at the caret. */
  box: HTMLTextAreaElement;
  close(): void;
}

function Picker({ box, close }: PickerProps) {
  const dialog = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState("");
  /** Row and column of the one that Tab comes to. */
  const [cell, setCell] = useState<[number, number]>([0, 0]);
  const button = box.parentElement!.querySelector<HTMLElement>(".emoji")!;
  const used = recent(box);
  const shown = search
    ? [{ title: "", all: groups.flatMap((group) => found(group.all, search)) }]
    : used.length
      ? [{ title: texts.emojiRecent, all: used }, ...groups]
      : groups;
  const table = rows(shown.map((group) => group.all));

  useEffect(() => {
    if (!isWriting(host.root)) dialog.current!.querySelector("input")!.focus();
    const outside = (event: Event) => {
      const path = event.composedPath();
      if (!path.includes(dialog.current!) && !path.includes(button)) close();
    };
    host.root.addEventListener("pointerdown", outside);
    return () => host.root.removeEventListener("pointerdown", outside);
  }, []);

  const pick = (emoji: Emoji) => {
    use(box, emoji);
    box.focus();
    // The command keeps what can be undone; some browsers don't know it here.
    if (!document.execCommand("insertText", false, emoji.sign)) {
      box.setRangeText(emoji.sign, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new Event("input"));
    }
    close();
  };
  const go = (row: number, column: number) => {
    setCell([row, column]);
    const cell = dialog.current!.querySelectorAll('[role="row"]')[row]?.children[column] as HTMLElement | undefined;
    cell?.focus();
  };

  let row = 0;
  return (
    <div
      ref={dialog}
      class="emojis"
      role="dialog"
      aria-label={button.getAttribute("aria-label")!}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation(); // or the chat would close
        button.focus();
        close();
      }}
      onFocusOut={({ relatedTarget: next }) => {
        if (next && next !== button && !dialog.current!.contains(next as Node)) close();
      }}
    >
      <input
        type="search"
        dir="auto"
        aria-label={texts.emojiSearch}
        placeholder={texts.emojiSearch}
        onInput={({ currentTarget: field }) => {
          setSearch(field.value.trim());
          setCell([0, 0]);
        }}
        onKeyDown={(event) => {
          if (event.isComposing || !table.length) return;
          if (event.key === "Enter" && search) pick(table[0]![0]!);
          else if (event.key === "ArrowDown") go(...cell);
          else return;
          event.preventDefault();
        }}
      />
      <p class="none" role="status">
        {!table.length && texts.emojiNone}
      </p>
      <div
        class="signs"
        role="grid"
        aria-label={button.getAttribute("aria-label")!}
        hidden={!table.length}
        onKeyDown={(event) => {
          const next = step(table, cell, event.key, getComputedStyle(event.currentTarget).direction === "rtl");
          if (!next) return;
          event.preventDefault();
          if (next[0] < 0) dialog.current!.querySelector("input")!.focus();
          else go(...next);
        }}
      >
        {shown.map((group) => (
          <div role="rowgroup" aria-label={group.title || texts.emojiSearch} key={group.title}>
            {group.title && <p aria-hidden="true">{group.title}</p>}
            {rows([group.all]).map((cells) => {
              const r = row++;
              return (
                // biome-ignore lint/a11y/useFocusableInteractive: its cells are what is focused
                <div role="row" key={r}>
                  {cells.map((emoji, c) => (
                    <button
                      type="button"
                      role="gridcell"
                      key={emoji.sign}
                      aria-label={emoji.name}
                      title={emoji.name}
                      tabIndex={r === cell[0] && c === cell[1] ? 0 : -1}
                      onClick={() => pick(emoji)}
                    >
                      {emoji.sign}
                    </button>
                  ))}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

const part = {
  _speak(served: Parameters<typeof setTexts>[0]): void {
    setTexts(served);
    groups = grouped();
  },
  Picker,
};

export type EmojiPart = typeof part;

bring("emoji", part, css);
