// The one state of the desk, and the hook by which components follow it.

import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import type { ConsoleAgent, ConsoleMe } from "../shared/operations";
import type { Outgoing } from "../shared/outbox";
import { emptyInbox, type Inbox } from "./listing";
import { recall } from "./remember";
import type { Thread } from "./thread";
import { firstView } from "./view";

export type Toast = { id: number; text: string /** The conversation that it is about, or "". */; conv: string };

/** The agent who is signed in. */
type Self = Pick<ConsoleMe, "email" | "name">;

export type State = {
  phase: "loading" | "unreachable" | "signin" | "desk";
  /** Why the sign-in page is shown, if there is something to say. */
  notice: string;
  me: Self;
  agents: readonly ConsoleAgent[];
  sites: readonly string[];
  /** What further fields are called, by site and field. */
  labels: Readonly<Record<string, Record<string, string>>>;
  /** Live: the socket is open and has said hello. */
  live: boolean;
  inbox: Inbox;
  /** Open conversations with something unread to this agent, and those that wait for an answer, whoever's. */
  unread: number;
  waiting: number;
  /** The id of the conversation in the list that is to get the focus, or "". */
  wanted: string;
  /** Grows as a draft goes into another conversation, whose composer may be on screen. */
  draftsMoved: number;
  /** The id of the conversation on screen, or "". */
  open: string;
  threads: ReadonlyMap<string, Thread>;
  outbox: readonly Outgoing[];
  toasts: readonly Toast[];
  /** The person's pane: beside the conversation (wide), or as a drawer over it. */
  details: boolean;
  drawer: boolean;
  help: boolean;
  /** The fields to filter the inbox by are shown. */
  filters: boolean;
  muted: boolean;
  /** The composer is to take the focus as soon as it is there. */
  replyWanted: boolean;
};

export const nobody: Self = { email: "", name: "" };

/** All that belongs to one signed-in agent. */
export const cleared = () => ({
  me: nobody,
  agents: [],
  sites: [],
  labels: {},
  live: false,
  inbox: emptyInbox(firstView),
  unread: 0,
  waiting: 0,
  wanted: "",
  draftsMoved: 0,
  threads: new Map<string, Thread>(),
  outbox: [],
  toasts: [],
  drawer: false,
  help: false,
  filters: false,
  replyWanted: false,
});

let state: State = {
  ...cleared(),
  phase: "loading",
  notice: "",
  open: "",
  details: recall("details") !== "closed",
  muted: recall("sound") === "muted",
};

const listeners = new Set<() => void>();

export const get = () => state;

let held = false;

export function set(change: Partial<State>): void {
  state = { ...state, ...change };
  if (!held) publish();
}

function publish(): void {
  for (const listener of [...listeners]) listener();
}

/** Makes several changes, of which the components hear once. */
export function together(change: () => void): void {
  held = true;
  try {
    change();
  } finally {
    held = false;
    publish();
  }
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows what `pick` takes from the state, which must be a part of it and not made anew each time. */
export function useStore<T>(pick: (s: State) => T): T {
  const [, redraw] = useReducer<number, undefined>((n) => n + 1, 0);
  const value = pick(state);
  const latest = useRef({ pick, value });
  useLayoutEffect(() => {
    latest.current = { pick, value };
  });
  useEffect(() => {
    const check = () => {
      if (!Object.is(latest.current.pick(state), latest.current.value)) redraw(undefined);
    };
    check();
    return subscribe(check);
  }, []);
  return value;
}

let toastIds = 0;

export function toast(text: string, conv = ""): void {
  if (get().toasts.some((t) => t.text === text)) return;
  set({ toasts: [...get().toasts.slice(-2), { id: ++toastIds, text, conv }] });
}

export function dismiss(id: number): void {
  set({ toasts: get().toasts.filter((t) => t.id !== id) });
}
