// What the inbox is searched for and filtered by.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import { isComposing } from "../shared/compose";
import { clearFilters, turnTo } from "./desk";
import { Chevron, Close, Funnel, Search } from "./icons";
import { entryOrder } from "./list";
import { get, set, useStore } from "./store";
import { filtered, known, type View } from "./view";

const pause = 250; // ms without a key, until what was typed is searched for
const longest = 80; // characters: never more than the 256 bytes that the server takes

export function SearchBar() {
  const search = useStore((s) => s.inbox.view.search);
  const shown = useStore((s) => s.filters);
  const [text, setText] = useState(search);
  const timer = useRef(0);
  // The view may change elsewhere: filters are cleared, the browser goes back.
  useEffect(() => {
    clearTimeout(timer.current);
    setText((now) => (now.trim() === search ? now : search));
  }, [search]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function look(next: string) {
    clearTimeout(timer.current);
    if (next.trim() !== get().inbox.view.search) turnTo({ search: next.trim() });
  }

  function typed(next: string) {
    setText(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => look(next), pause);
  }

  function key(e: KeyboardEvent) {
    if (isComposing(e)) return;
    if (e.key === "Escape" && text) {
      setText("");
      look("");
    } else if (e.key === "Enter") look(text);
    else if (e.key === "ArrowDown") set({ wanted: entryOrder()[0] ?? "" });
    else return;
    e.preventDefault();
  }

  return (
    <div class="search-bar" role="search">
      <span class="search">
        <Search />
        <input
          type="search"
          aria-label={texts.searchConversations}
          placeholder={texts.searchHint}
          maxLength={longest}
          autocomplete="off"
          spellcheck={false}
          data-search
          value={text}
          onInput={(e) => typed(e.currentTarget.value)}
          onKeyDown={key}
        />
      </span>
      <button
        type="button"
        class="button ghost square"
        aria-label={texts.filter}
        title={texts.filterHint}
        aria-expanded={shown}
        aria-controls="filters"
        data-filter
        onClick={() => set({ filters: !shown })}
      >
        <Funnel />
      </button>
    </div>
  );
}

/** The fields to choose filters in, while they are wanted, and what is chosen, each with a way to take it off. */
export function Filters() {
  const view = useStore((s) => s.inbox.view);
  const shown = useStore((s) => s.filters);
  return (
    <div id="filters" class="filters">
      {shown && <Fields view={view} />}
      {filtered(view) && <Chosen view={view} />}
    </div>
  );
}

function Fields({ view }: { view: View }) {
  const inbox = useStore((s) => s.inbox.known);
  const sites = useStore((s) => s.sites);
  const box = useRef<HTMLDivElement>(null);
  const [name, setName] = useState(view.field?.name ?? "");
  const choices = useMemo(() => known([...inbox.values()].map(({ c }) => c)), [inbox]);
  const names = [...choices.fields.keys()];
  useEffect(() => box.current?.querySelector<HTMLElement>("input, select")?.focus(), []);
  useEffect(() => setName(view.field?.name ?? ""), [view.field]);

  function onEscape(e: KeyboardEvent) {
    if (e.key !== "Escape" || isComposing(e)) return;
    e.preventDefault();
    set({ filters: false });
    document.querySelector<HTMLElement>("[data-filter]")?.focus();
  }

  return (
    <div class="filter-fields" role="group" aria-label={texts.filters} ref={box} onKeyDown={onEscape}>
      <Suggested
        label={texts.label}
        value={view.label}
        choices={choices.labels}
        onChange={(label) => turnTo({ label })}
      />
      <Choice
        label={texts.field}
        value={name}
        none={texts.any}
        choices={view.field ? [view.field.name, ...names] : names}
        onChange={(next) => {
          setName(next);
          if (view.field) turnTo({ field: undefined });
        }}
      />
      {name && (
        <Suggested
          label={texts.value}
          value={view.field?.value ?? ""}
          choices={choices.fields.get(name) ?? []}
          onChange={(value) => turnTo({ field: value ? { name, value } : undefined })}
        />
      )}
      {(sites.length > 1 || view.site) && (
        <Choice
          label={texts.site}
          value={view.site}
          none={texts.all}
          choices={view.site ? [view.site, ...sites] : sites}
          onChange={(site) => turnTo({ site })}
        />
      )}
    </div>
  );
}

type ChoiceProps = { label: string; value: string; choices: readonly string[]; onChange(value: string): void };

/** A text that may be any, with those that are known to choose from. */
function Suggested({ label, value, choices, onChange }: ChoiceProps) {
  const list = useId();
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    field.current!.value = value;
  }, [value]);
  return (
    <Row label={label}>
      <input
        ref={field}
        list={list}
        placeholder={texts.any}
        autocomplete="off"
        onChange={(e) => onChange(e.currentTarget.value.trim())}
      />
      <datalist id={list}>
        {choices.map((c) => (
          <option key={c} value={c} />
        ))}
      </datalist>
    </Row>
  );
}

function Choice({ label, value, choices, none, onChange }: ChoiceProps & { none: string }) {
  return (
    <Row label={label}>
      <span class="select framed">
        <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
          <option value="">{none}</option>
          {[...new Set(choices)].map((c) => (
            <option key={c} value={c}>
              {c}
            </option>
          ))}
        </select>
        <Chevron />
      </span>
    </Row>
  );
}

const Row = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <label class="filter">
    <span>{label}</span>
    {children}
  </label>
);

function Chosen({ view }: { view: View }) {
  const list: [what: string, off: Partial<View>][] = [];
  if (view.search) list.push([/["“”]/.test(view.search) ? view.search : texts.quoted(view.search), { search: "" }]);
  if (view.label) list.push([view.label, { label: "" }]);
  if (view.field) list.push([texts.filterOf(view.field.name, view.field.value), { field: undefined }]);
  if (view.site) list.push([texts.filterOf(texts.site, view.site), { site: "" }]);
  return (
    <div class="chosen">
      <ul class="chips" role="list" aria-label={texts.activeFilters}>
        {list.map(([what, off]) => (
          <li key={what}>
            <button
              type="button"
              aria-label={texts.removeFilter(what)}
              title={texts.removeThisFilter}
              onClick={() => turnTo(off)}
            >
              <bdi>{what}</bdi>
              <Close />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="link" onClick={clearFilters}>
        {texts.clearFilters}
      </button>
    </div>
  );
}
