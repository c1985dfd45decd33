// The custom element and its button: all that a visitor sees before the chat
// is opened. Built node by node: pages may bar HTML strings and style elements.
import * as texts from "#texts/visitor";
import { config } from "./env";
import css from "./style.css";

const bubble = "M4 5h16v10h-9l-4 4v-4H4z";
const chevron = "M5 9l7 7 7-7";

export let element: HTMLElement;
export let root: ShadowRoot;
export let button: HTMLButtonElement;
let icon: Element;
let badge: HTMLElement;
let note: HTMLElement;

type Attributes = Record<string, string | boolean>;

function make<T extends Element>(
  parent: Node,
  name: string,
  attributes: Attributes,
  space = "http://www.w3.org/1999/xhtml",
): T {
  const node = document.createElementNS(space, name) as Element;
  set(node, attributes);
  return parent.appendChild(node) as T;
}

function set(node: Element, attributes: Attributes): void {
  for (const name in attributes) node.setAttribute(name, attributes[name] as string);
}

/** Makes the element; reattached is called each time it enters the page. A copy, out of some library's cache of pages, goes. */
export function create(reattached: () => void): void {
  customElements.define(
    "parley-chat",
    class extends HTMLElement {
      connectedCallback(): void {
        if (this === element) reattached();
        else this.remove();
      }
    },
  );
  element = document.createElement("parley-chat");
  root = element.attachShadow({ mode: "open" });
  button = make(root, "button", { class: "launcher", "aria-describedby": "unread" });
  note = make(root, "div", { class: "note", role: "status" });
  const svg = "http://www.w3.org/2000/svg";
  icon = make(make(button, "svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg), "path", {}, svg);
  badge = make(button, "span", { class: "badge", id: "unread", role: "img" });
  const { color, on, position } = config;
  const text = `${css}.launcher,.note{${position}:20px}:host{--accent:${color};--on-accent:${on}}`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  root.adoptedStyleSheets = [sheet];
  show(false, 0);
}

export function show(open: boolean, unread: number): void {
  set(button, { "aria-label": open ? texts.closeChat : texts.openChat, "aria-expanded": open });
  set(icon, { d: open ? chevron : bubble });
  badge.hidden = open || !unread;
  badge.textContent = unread > 9 ? "9+" : (unread as unknown as string);
  set(badge, { "aria-label": unread ? texts.unread(unread) : "" });
}

/** A line beside the button. */
export function showNote(text: string): void {
  note.textContent = text;
}

/** Puts the element into the page, and back whenever the page's own script drops it. */
export function attach(): void {
  let returns = 0;
  const put = (): void => {
    if (!element.isConnected) document.body?.append(element);
    for (const node of [document, document.documentElement, document.body]) observer.observe(node, { childList: true });
  };
  // A page that insists on removing us gets its way for a second.
  const observer = new MutationObserver(() => element.isConnected || (++returns % 20 ? put() : setTimeout(put, 1000)));
  put();
}
