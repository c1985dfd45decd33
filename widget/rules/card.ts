// A message beside the button. Built node by node, as the button is.
import { followScheme } from "../chat/scheme";
import { addStyle } from "../shared/style";
import css from "./style.css";

export class Card {
  private _frame = document.createElement("div");
  /** There before the message is, which screen readers then tell, once. */
  private _live = document.createElement("output");
  private _text = make("rule-text");
  private _close = make("rule-close");

  constructor(
    private _root: ShadowRoot,
    /** Takes the visitor to the chat. */
    taken: () => void,
    private _dismissed: () => void,
  ) {
    this._frame.className = "note rule";
    this._text.onclick = taken;
    this._close.onclick = () => this._dismiss();
    this._frame.append(this._live);
    _root.append(this._frame);
    addStyle(_root, css);
    addEventListener("keydown", this._onKey);
    this._frame.addEventListener("keydown", this._onKey); // the chat lets no keys out
  }

  get shown(): boolean {
    return !!this._live.firstChild;
  }

  show(text: string, dismiss: string, rightToLeft: boolean): void {
    followScheme(this._root.host as HTMLElement);
    this._frame.dir = rightToLeft ? "rtl" : "ltr";
    this._text.dir = "auto";
    this._text.textContent = text;
    this._close.setAttribute("aria-label", dismiss);
    this._live.append(this._text);
    this._frame.append(this._close);
  }

  /** Whoever is on it comes to the button. */
  hide(): void {
    const inside = this._frame.contains(this._root.activeElement);
    this._text.remove();
    this._close.remove();
    if (inside) this._root.querySelector<HTMLElement>(".launcher")!.focus();
  }

  private _dismiss(): void {
    this.hide();
    this._dismissed();
  }

  /** Escape closes it, unless it is for what the visitor does in the page. */
  private _onKey = (event: KeyboardEvent): void => {
    const { activeElement: at, body } = document;
    if (event.key !== "Escape" || event.defaultPrevented || !this.shown) return;
    if (at && at !== body && at !== this._root.host) return;
    event.preventDefault();
    this._dismiss();
  };
}

function make(className: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  return button;
}
