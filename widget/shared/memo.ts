import { Component, type ComponentChild, type FunctionComponent } from "preact";

/** A component that is drawn again only when one of its properties is another. */
export function memo<P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Record<string, unknown>): boolean {
      const now = this.props as Record<string, unknown>;
      return Object.keys(next).some((name) => next[name] !== now[name]);
    }
    render(): ComponentChild {
      return draw(this.props as P);
    }
  } as unknown as FunctionComponent<P>;
}
