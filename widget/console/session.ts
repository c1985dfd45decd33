// Who is signed in at this desk: from the page's load to the sign-out.

import * as texts from "#texts/agent";
import { abortUploads } from "#transfer";
import { errorText, unreached } from "../shared/errors";
import type { ConsoleMe, Failure } from "../shared/operations";
import { connect, disconnect } from "./connection";
import { askInbox, turnTo } from "./desk";
import { clearDrafts, recallDrafts } from "./drafts";
import { type Answer, post } from "./http";
import { dropWaiting, receive } from "./receive";
import { goInstead, routed } from "./route";
import { cleared, get, set } from "./store";
import { openConversation } from "./talk";
import { asks, question } from "./view";

const retryInterval = 5_000;

/** Asks who is signed in, as the page loads; again and again while the server can't say. */
export async function resume(): Promise<void> {
  const answer = await post("me", {});
  if (answer.t === "me") enter(answer);
  else if (isSignedOut(answer)) set({ phase: "signin" });
  else {
    set({ phase: "unreachable" });
    setTimeout(() => void resume(), retryInterval);
  }
}

const isSignedOut = (answer: Answer): boolean => answer.t === "error" && answer.code === "signed_out";

/** Resolves with why it was refused, or with "". */
export async function signIn(email: string, password: string): Promise<string> {
  const answer = await post("login", { email, password });
  if (answer.t === "me") enter(answer);
  if (answer === unreached) return texts.signInUnreachable;
  return answer.t === "error" ? refusal(answer) : "";
}

function refusal({ code, retry = 0 }: Failure): string {
  if (code !== "rate_limited") return errorText(code);
  const wait =
    retry > 90 ? texts.minutes(Math.ceil(retry / 60)) : retry > 1 ? texts.seconds(Math.ceil(retry)) : texts.aMoment;
  return texts.tooManyAttempts(wait);
}

export async function signOut(): Promise<void> {
  disconnect();
  dropWaiting();
  clearDrafts();
  set({ ...cleared(), phase: "signin", notice: "", open: "" });
  goInstead(""); // what was searched for is not for who comes next
  if ((await post("logout", {})) === unreached) set({ notice: texts.signOutUnreachable });
}

function enter({ email, name }: ConsoleMe): void {
  // Drafts and unsent replies are for the one who wrote them.
  const { me } = get();
  if (me.email !== email) {
    if (me.email) clearDrafts();
    recallDrafts(email);
    set(cleared());
  }
  set({ phase: "desk", notice: "", me: { email, name } });
  connect({
    onFrame: (f) => (f.t === "signed_out" ? ended() : receive(f)),
    onQuiet: askInbox,
    onDown: down,
    onRefused: mayReconnect,
    onSignedOut: ended,
  });
  takeRoute();
}

function down(silent: boolean): void {
  dropWaiting(); // a hello among it would have the desk live again
  set({ live: false });
  if (silent) abortUploads();
}

/** Shows what the address says. */
export function takeRoute(): void {
  const { id, seq, view } = routed();
  openConversation(id, seq);
  if (!asks(get().inbox.view, question(view))) turnTo(view);
}

/** The server ended the session: what was being written waits for the next sign-in. */
function ended(): void {
  disconnect();
  dropWaiting();
  set({
    phase: "signin",
    live: false,
    help: false,
    drawer: false,
    notice: texts.sessionEnded,
  });
}

/** Whether a socket that was refused may be had later: not by who is signed out. */
async function mayReconnect(): Promise<boolean> {
  const signedOut = isSignedOut(await post("me", {}));
  if (signedOut) ended();
  return !signedOut;
}
