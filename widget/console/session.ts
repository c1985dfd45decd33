// Who is signed in at this desk: from the page's load to the sign-out.

import * as texts from "#texts/agent";
import { abortUploads } from "../shared/files";
import { askInbox, turnTo } from "./desk";
import { clearDrafts } from "./drafts";
import type { Me } from "./frames";
import { type Answer, post } from "./http";
import { receive } from "./receive";
import { goInstead, routed } from "./route";
import { cleared, get, set } from "./store";
import { openConversation } from "./talk";
import { asks, question } from "./view";
import { connect, disconnect } from "./wire";

const retryAfter = 5_000;

/** Asks who is signed in, as the page loads; again and again while the server can't say. */
export async function resume(): Promise<void> {
  let answer: Answer | undefined;
  try {
    answer = await post("me", {});
  } catch {
    // No answer is told apart from "signed out" by being none.
  }
  if (answer?.t === "me") enter(answer);
  else if (answer?.t === "error" && answer.code === "signed_out") set({ phase: "signin" });
  else {
    set({ phase: "unreachable" });
    setTimeout(() => void resume(), retryAfter);
  }
}

/** Resolves with why it was refused, or with "". */
export async function signIn(email: string, password: string): Promise<string> {
  try {
    const answer = await post("login", { email, password });
    if (answer.t === "me") enter(answer);
    return answer.t === "error" ? refusal(answer.code, answer.text, answer.retry) : "";
  } catch {
    return texts.signInUnreachable;
  }
}

function refusal(code: string, text: string, retry = 0): string {
  if (code === "wrong_credentials") return texts.wrongCredentials;
  if (code !== "rate_limited") return text;
  const wait =
    retry > 90 ? texts.minutes(Math.ceil(retry / 60)) : retry > 1 ? texts.seconds(Math.ceil(retry)) : texts.aMoment;
  return texts.tooManyAttempts(wait);
}

export async function signOut(): Promise<void> {
  disconnect();
  clearDrafts();
  set({ ...cleared(), phase: "signin", notice: "", open: "" });
  goInstead(""); // what was searched for is not for who comes next
  try {
    await post("logout", {});
  } catch {
    set({ notice: texts.signOutUnreachable });
  }
}

function enter({ email, name, role }: Me): void {
  // Drafts and unsent replies are for the one who wrote them.
  if (get().me.email !== email) {
    clearDrafts();
    set(cleared());
  }
  set({ phase: "desk", notice: "", me: { email, name, role } });
  connect({
    frame: (f) => (f.t === "signed_out" ? ended() : receive(f)),
    down,
    quiet: askInbox,
    refused,
    signedOut: ended,
  });
  takeRoute();
}

function down(silent: boolean): void {
  set({ live: false });
  if (silent) abortUploads();
}

/** Shows what the address says. */
export function takeRoute(): void {
  const { id, view } = routed();
  openConversation(id);
  if (!asks(get().inbox.view, question(view))) turnTo(view);
}

/** The server ended the session: what was being written waits for the next sign-in. */
function ended(): void {
  disconnect();
  set({
    phase: "signin",
    live: false,
    help: false,
    drawer: false,
    notice: texts.sessionEnded,
  });
}

async function refused(): Promise<boolean> {
  try {
    const answer = await post("me", {});
    if (answer.t !== "error" || answer.code !== "signed_out") return true;
    ended();
    return false;
  } catch {
    return true;
  }
}
