// The hooks of preact/hooks that the chat uses, in a fraction of their bytes. The
// bundler puts them in the place of that package; they need no more of Preact than
// what it promises. What differs: effects of both kinds run as soon as the page has
// what was drawn.
import { Component, type ComponentChild, type ComponentClass, Fragment, type FunctionComponent, options } from "preact";

/** What one hook of a component keeps from drawing to drawing. */
interface Cell<T> {
  _value?: T;
  _inputs?: readonly unknown[] | undefined;
  /** What is to be done once the page has what was drawn, and what undoes it. */
  _effect?: Effect | undefined;
  _undo?: unknown;
}

type Effect = () => unknown;
type Inputs = readonly unknown[];
type Update<T> = T | ((old: T) => T);

/** The component that is being drawn. */
let drawn: Drawn;

/** Draws a function that uses hooks. */
abstract class Drawn extends Component<object> {
  _cells: Cell<unknown>[] = [];
  _at = 0;

  abstract _draw(props: object): ComponentChild;

  render(): ComponentChild {
    drawn = this;
    this._at = 0;
    return this._draw(this.props);
  }

  override componentDidMount(): void {
    for (const cell of this._cells) {
      const { _effect } = cell;
      cell._effect = undefined;
      if (_effect) replace(cell, _effect);
    }
  }

  override componentDidUpdate(): void {
    this.componentDidMount();
  }

  override componentWillUnmount(): void {
    for (const cell of this._cells) replace(cell);
  }
}

/** Undoes an effect, and does the next one. */
function replace(cell: Cell<unknown>, effect?: Effect): void {
  if (typeof cell._undo === "function") cell._undo();
  cell._undo = effect?.();
}

const classes = new Map<unknown, ComponentClass>();

options.vnode = (node) => {
  const { type } = node;
  if (typeof type !== "function" || (type as unknown) === Fragment || type.prototype?.render) return;
  if (!classes.has(type)) {
    classes.set(
      type,
      class extends Drawn {
        _draw(props: object): ComponentChild {
          return (type as FunctionComponent)(props);
        }
      } as ComponentClass,
    );
  }
  node.type = classes.get(type)!;
};

/** The next hook's cell; changed: whether its inputs are others than at the last drawing. */
function next<T>(inputs: Inputs | undefined, changed: (cell: Cell<T>) => void): Cell<T> {
  const cell = (drawn._cells[drawn._at++] ??= {}) as Cell<T>;
  const old = cell._inputs;
  cell._inputs = inputs;
  if (!old || !inputs || inputs.some((input, i) => input !== old[i])) changed(cell);
  return cell;
}

export const useMemo = <T>(make: () => T, inputs: Inputs): T =>
  next<T>(inputs, (cell) => (cell._value = make()))._value as T;

export const useRef = <T>(current: T): { current: T } => useMemo(() => ({ current }), []);

export function useState<T>(first: T | (() => T)): [T, (next: Update<T>) => void] {
  const component = drawn;
  const cell = next<T>([], (fresh) => (fresh._value = first instanceof Function ? first() : first));
  const set = useMemo(
    () => (update: Update<T>) => {
      const old = cell._value as T;
      cell._value = update instanceof Function ? update(old) : update;
      if (cell._value !== old) component.setState({});
    },
    [],
  );
  return [cell._value as T, set];
}

export function useLayoutEffect(effect: Effect, inputs?: Inputs): void {
  next(inputs, (cell) => (cell._effect = effect));
}

export const useEffect = useLayoutEffect;
