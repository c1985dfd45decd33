// Draws what a script brings that is fetched when there is need of it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Parts } from "../shared/host";
import { host } from "./host";

/** How long to wait after a failure, in milliseconds. */
const retryInterval = 10_000;

interface PartProps<N extends keyof Parts> {
  name: N;
  render(part: NonNullable<Parts[N]>): ComponentChildren;
  /** Drawn until it is there. */
  meanwhile?: ComponentChildren;
}

export function Part<N extends keyof Parts>({ name, render, meanwhile }: PartProps<N>) {
  const [, arrived] = useState(0);
  const part = host._parts[name];
  useEffect(() => {
    let drawn = true;
    const get = () => {
      if (!drawn) return;
      host._fetch(name).then(
        () => arrived(1),
        () => setTimeout(get, retryInterval),
      );
    };
    if (!part) get();
    return () => (drawn = false);
  }, []);
  return <>{part ? render(part) : meanwhile}</>;
}
