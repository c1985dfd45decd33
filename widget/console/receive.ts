// What the server says becomes state.

import * as texts from "#texts/agent";
import { adjectives, animals, called } from "#texts/visitors";
import { errorText, isTemporary } from "../shared/errors";
import { merge } from "../shared/messages";
import { words } from "../shared/names";
import type {
  ConsoleHello,
  ConsoleInbox,
  ConsoleMessage,
  ConsoleMessages,
  ConsoleSummary,
  ConsoleViewer,
  Failure,
  ToConsole,
} from "../shared/operations";
import { askInbox, askMore } from "./desk";
import { moveDraft, setDraft, setDraftFiles } from "./drafts";
import { brings, current, patched, pauses, takePage, tick, upsert, without } from "./listing";
import { outbox } from "./outbox";
import { goInstead } from "./route";
import { chime } from "./sound";
import { get, set, toast, together } from "./store";
import { follow, markRead, resolved, setThread, sought, stay, thread, unreadAfter, watching } from "./talk";
import { followedTo, takeMessages } from "./thread";

const typingLasts = 6_000; // a visitor who stops without saying so

/** Longest wait for the browser to draw, in milliseconds. */
const longestFrame = 100;

let waiting: ToConsole[] = [];
let drawing = 0;
let timer = 0;

/**
 * Takes a frame in as the browser draws next, with all others that have come by
 * then: a busy desk gets many of them at once, and draws once. In a window that
 * nobody sees nothing is drawn, and a sound must not wait for it.
 */
export function receive(f: ToConsole): void {
  waiting.push(f);
  if (document.visibilityState === "hidden") return takeIn();
  if (waiting.length > 1) return;
  drawing = requestAnimationFrame(takeIn);
  timer = window.setTimeout(takeIn, longestFrame);
}

/** Forgets what has come and was not taken in: it was for who is signed out. */
export function dropWaiting(): void {
  waiting = [];
}

function takeIn(): void {
  clearTimeout(timer);
  cancelAnimationFrame(drawing);
  const frames = waiting;
  waiting = [];
  together(() => {
    for (const f of frames) {
      try {
        take(f);
      } catch (e) {
        reportError(e); // the others are to be taken in all the same
      }
    }
  });
}

function take(f: ToConsole): void {
  switch (f.t) {
    case "hello":
      return greeted(f);
    case "agents":
      return set({ agents: f.agents ?? [] });
    case "counts":
      return set({ unread: f.unread, waiting: f.waiting });
    case "inbox":
      return inboxPage({ ...f, conversations: f.conversations?.map(named) ?? [] });
    case "conversation":
      return conversation(named(f.c));
    case "messages":
      return messages(f);
    case "message":
      return message(f.conv, f.m);
    case "ack":
      return acknowledged(f.conv, f.cid, f.seq, f.time);
    case "typing":
      return f.agent ? agentTyping(f.conv, f.agent, f.on) : typing(f.conv, f.on);
    case "viewers":
      return viewers(f.conv, f.agents ?? []);
    case "assigned":
      return assigned(named(f.c), f.by);
    case "gone":
      return deleted(f.conv);
    case "merged":
      return merged(f.conv, f.into);
    case "error":
      return refused(f);
  }
}

/** Whoever nothing is known of gets a name that tells them from the others, in the agent's language. */
const named = (c: ConsoleSummary): ConsoleSummary =>
  c.person ? c : { ...c, name: called(...words(c.id, adjectives, animals)) };

/** A new connection: catch up with the list and the conversation on screen, then say what is unsaid. */
function greeted(f: ConsoleHello): void {
  const { t: _, me, agents, sites, unread, waiting, labels } = f;
  set({
    me,
    agents: agents ?? [],
    sites: sites ?? [],
    labels: labels ?? {},
    unread,
    waiting,
    live: true,
    inbox: { ...get().inbox, epoch: tick() },
  });
  askInbox();
  if (get().open) {
    setThread(get().open, { asking: false, viewers: [], typists: [] });
    follow(get().open);
  }
  outbox.restart();
  outbox.flushAll();
}

function inboxPage(f: ConsoleInbox): void {
  const inbox = takePage(get().inbox, f, get().me.email);
  set({ inbox });
  // Down to where the list was shown before the connection was lost.
  if (inbox.want < inbox.floor && !pauses(inbox)) askMore();
  markRead();
}

function conversation(c: ConsoleSummary): void {
  const old = get().inbox;
  const before = current(old, c.id);
  const inbox = upsert(old, c);
  const after = current(inbox, c.id) ?? c;
  set({ inbox });
  const news = after.lastFrom === "visitor" && after.unread > 0 && brings(old, before, after);
  if (news && !(get().open === c.id && watching())) chime();
  if (after.status === "resolved") resolved(after);
  if (get().open === c.id) markRead();
}

function assigned(c: ConsoleSummary, by?: string): void {
  conversation(c);
  toast(by ? texts.assignedToYouBy(by, c.name) : texts.assignedToYou(c.name), c.id);
  chime();
}

function messages(f: ConsoleMessages): void {
  const old = thread(f.conv);
  const newAfter = old.loaded ? old.newAfter : unreadAfter(f.conv);
  const next = sought(takeMessages({ ...old, newAfter }, f), f);
  setThread(f.conv, next);
  dropStored(f.conv, next.messages);
  if (f.conv !== get().open) return;
  if (old.doubted) {
    set({ inbox: patched(get().inbox, f.conv, {}) }); // the fields show what holds
    toast(texts.notDone);
  }
  // One answer may not hold all that was missed.
  const more = (current(get().inbox, f.conv)?.last ?? 0) > followedTo(next);
  if (f.after && more && followedTo(next) > followedTo(old)) follow(f.conv);
  markRead();
}

function message(conv: string, m: ConsoleMessage): void {
  const old = thread(conv);
  if (!old.loaded) return;
  const gap = m.seq > followedTo(old) + 1;
  setThread(conv, {
    messages: merge(old.messages, [m]),
    ...(m.from === "visitor" && { typing: false }),
    // Who comes back to the window finds where they were.
    ...(m.from === "visitor" && !watching() && { newAfter: current(get().inbox, conv)?.read ?? 0 }),
  });
  dropStored(conv, [m]);
  if (gap && conv === get().open) follow(conv);
  if (conv === get().open) markRead();
}

/** Replies that have become messages leave the outbox. */
function dropStored(conv: string, stored: readonly ConsoleMessage[]): void {
  const cids = new Set(stored.map((m) => m.cid));
  for (const { cid } of get().outbox.filter((o) => o.conv === conv && cids.has(o.cid))) outbox.remove(cid);
}

function acknowledged(conv: string, cid: string, seq: number, time: number): void {
  const reply = outbox.remove(cid);
  const old = thread(conv);
  if (!reply || !old.loaded) return;
  const attachments = reply.files.map((f) => f.sent!);
  const { name, email } = get().me;
  const m: ConsoleMessage = { seq, time, from: "agent", name, agent: email, text: reply.text, cid, attachments };
  setThread(conv, { messages: merge([m], old.messages) });
}

let typingEnds = 0;

function typing(conv: string, on: boolean): void {
  if (conv !== get().open) return;
  clearTimeout(typingEnds);
  setThread(conv, { typing: on });
  if (on) {
    typingEnds = window.setTimeout(() => {
      if (get().open === conv) setThread(conv, { typing: false });
    }, typingLasts);
  }
}

const agentTypingEnds = new Map<string, number>();

function agentTyping(conv: string, agent: string, on: boolean): void {
  if (conv !== get().open) return;
  clearTimeout(agentTypingEnds.get(agent));
  const others = thread(conv).typists.filter((a) => a !== agent);
  setThread(conv, { typists: on ? [...others, agent] : others });
  if (on) {
    const end = window.setTimeout(() => agentTyping(conv, agent, false), typingLasts);
    agentTypingEnds.set(agent, end);
  }
}

/** Whoever has left does not type either. */
function viewers(conv: string, agents: readonly ConsoleViewer[]): void {
  if (conv !== get().open) return;
  const typists = thread(conv).typists.filter((email) => agents.some((a) => a.email === email));
  setThread(conv, { viewers: agents, typists });
}

/** An anonymous conversation went into a person's: so does what the agent was about to say there. */
function merged(conv: string, into: string): void {
  const { open } = get();
  forget(conv);
  set({ outbox: get().outbox.map((o) => (o.conv === conv ? { ...o, conv: into, seen: undefined } : o)) });
  moveDraft(conv, into);
  set({ draftsMoved: get().draftsMoved + 1 });
  if (open === conv) goInstead(into);
}

/** A conversation was deleted: nothing of it stays on screen. */
function deleted(conv: string): void {
  forget(conv);
  set({ outbox: get().outbox.filter((o) => o.conv !== conv) });
  setDraft(conv, "");
  setDraftFiles(conv, []);
  if (get().open === conv) setThread(conv, { notFound: true });
}

/** Takes a conversation out of the list. */
function forget(conv: string): void {
  const threads = new Map(get().threads);
  threads.delete(conv);
  set({ threads, inbox: without(get().inbox, conv) });
}

function refused(f: Failure): void {
  if (f.cid && outbox.find(f.cid)) return outbox.refused(f.cid, f);
  if (f.conv && f.code === "not_found") {
    const { loaded, doubted } = thread(f.conv);
    const doubt = loaded && !doubted && f.conv === get().open;
    setThread(f.conv, { notFound: !doubt, doubted: doubt, asking: false });
    if (doubt) return follow(f.conv);
    if (f.conv === get().open) return;
  }
  if (f.conv) {
    setThread(f.conv, { asking: false });
    stay(f.conv);
  }
  const inbox = f.conv ? patched(get().inbox, f.conv, {}) : { ...get().inbox, loading: false };
  set({ inbox });
  if (isTemporary(f.code)) setTimeout(heal, (f.retry || 3) * 1000);
  toast(errorText(f.code));
}

/** Asks again for what the server could not give. */
function heal(): void {
  const { inbox, open } = get();
  if (!inbox.loaded) askInbox();
  else askMore();
  if (open && !thread(open).loaded) follow(open);
}
