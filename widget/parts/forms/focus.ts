// Where the focus goes: at once, as phones ask for their keyboard, but behind what
// is being drawn.
import { host } from "../../chat/host";

export const toComposer = (): void => focus("textarea");

/** Goes to a field, anew where it is: screen readers tell what is wrong with it as they come to it. */
export const toField = (name: string): void => focus(`.forms [name="${name}"]`);

function focus(selector: string): void {
  queueMicrotask(() => {
    const element = host.root.querySelector<HTMLElement>(selector);
    if (element === host.root.activeElement) element?.blur();
    element?.focus();
  });
}

/** Whether the focus is in what is about to go. */
export const isWithin = (): boolean => !!host.root.activeElement?.closest(".forms");
