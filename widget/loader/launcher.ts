// The custom element and its button: all that a visitor sees before the chat
// is opened. Built node by node: pages may bar HTML strings and style elements.
import { config, language, openChat } from "./env";
import css from "./style.css";

export let element: HTMLElement;
export let root: ShadowRoot;
export let button: HTMLButtonElement;
/** A line beside the button. */
export let note: HTMLElement;

function make<T extends HTMLElement>(name: string, className: string): T {
  const node = document.createElement(name) as T;
  node.className = node.part = className;
  return root.appendChild(node);
}

/** Makes the element; reattached is called each time it enters the page. A copy, out of some library's cache of pages, goes. */
export function create(reattached: () => void): void {
  customElements.define(
    "parley-chat",
    class extends HTMLElement {
      connectedCallback(): void {
        if (this !== element) return this.remove();
        this.showPopover?.();
        reattached();
      }
      disconnectedCallback(): void {
        if (this === element) queueMicrotask(attach);
      }
    },
  );
  element = document.createElement("parley-chat");
  element.popover = "manual";
  root = element.attachShadow({ mode: "open" });
  button = make("button", "launcher");
  note = make("output", "note");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css + config.css.replace(/%o/g, origin)); // whatever base element the page has
  root.adoptedStyleSheets = [sheet];
  label();
  button.setAttribute("aria-expanded", "false"); // the chat will say more
}

/** Says in its language what the button does. */
export function label(): void {
  element.lang = language();
  button.setAttribute("aria-label", openChat().slice(3));
}

let attempts = 0;

/**
 * Puts the element into the page, and back whenever the page's own script drops it. One that insists on that gets its
 * way for a second. It is beside the body, whose children the page's rules count, its libraries hide behind dialogs,
 * and its frameworks take for theirs.
 */
export function attach(): void {
  if (element.isConnected) return;
  if (document.documentElement && ++attempts % 20) document.documentElement.append(element);
  else setTimeout(attach, 1000);
}
