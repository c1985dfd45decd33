// What pages may write: the type check compiles it against parley.d.ts.
import type { ParleyAPI, ParleyRule } from "./parley";

export function sample(parley: ParleyAPI): void {
  parley.push(
    ["open"],
    ["user.tag", { labels: ["plus"] }],
    ["on", "unread", (n: number) => n.toFixed()],
    ["send", "Hi"],
  );
  parley.ready(() => parley.toggle());
  const end = parley.on("rule", (rule: ParleyRule) => rule.name === "help" && rule.preventDefault());
  parley.on("message", ({ text, from }) => from === "agent" && text.trim());
  parley.on("agent-online", (on) => on === true);
  end();
  if (!parley.setLocale("de")) parley.setLocale("en");
  parley.prefill("My order");
  parley.show();
  parley.hide();
  parley.close();
  parley.user.tag({ email: null, additionalTaggingData: { seats: 5 } });
  parley.user.reset();
  window.Parley.api.isAgentOnline((on: boolean) => on);
  window.CV.api.hasActionRuleMatched((names) => names.length);
  // @ts-expect-error no such event
  parley.on("opened", () => {});
  // @ts-expect-error it is read, not set
  parley.unread = parley.isOpen ? 1 : 0;
}
