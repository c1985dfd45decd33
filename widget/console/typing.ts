// Tells the visitor that an agent types: at most every three seconds, and until a pause.

import { useEffect, useRef } from "preact/hooks";
import { send } from "./wire";

const every = 3_000;
const pause = 4_000;

export function useTyping(conv: string) {
  const told = useRef(0);
  const timer = useRef(0);

  function stop() {
    clearTimeout(timer.current);
    if (told.current) send({ t: "typing", conv, on: false });
    told.current = 0;
  }

  function typed(something: boolean) {
    if (!something) return stop();
    if (Date.now() - told.current > every && send({ t: "typing", conv, on: true })) told.current = Date.now();
    clearTimeout(timer.current);
    timer.current = window.setTimeout(stop, pause);
  }

  useEffect(() => stop, [conv]);
  return { typed, stop };
}
