import { Component, type ComponentChild, type FunctionComponent } from "preact";
import { language } from "./language";

/** A component that is drawn again only when one of its properties is another, or the language. */
export function memo<P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> {
  return class extends Component<P> {
    _language = language;

    override shouldComponentUpdate(next: Record<string, unknown>): boolean {
      if (this._language !== language) {
        this._language = language;
        return true;
      }
      const now = this.props as Record<string, unknown>;
      return Object.keys(next).some((name) => next[name] !== now[name]);
    }
    render(): ComponentChild {
      return draw(this.props as P);
    }
  } as unknown as FunctionComponent<P>;
}
