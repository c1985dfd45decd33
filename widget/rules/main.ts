// A site's rules: when the chat speaks first. Served with the loader where there
// are any.

import { fullScreen } from "../chat/viewport";
import { greeting } from "../chat/welcome";
import { type Host, hostKey } from "../shared/host";
import type { VisitorHello } from "../shared/operations";
import { cookieOf, secretKey, stored } from "../shared/stored";
import { Card } from "./card";
import { Memory } from "./memory";
import { PageView, pathOf } from "./pageview";
import { type Facts, holds, type Known, type Rule } from "./rule";

declare const __PARLEY__: Known;

/** How often it is looked which rules hold, in milliseconds. */
const interval = 1000;
/** Who comes back so long after they wrote has been away, in milliseconds. */
const awayFor = 30 * 60_000;

function start(host: Host): void {
  const { rules } = __PARLEY__;
  const { site } = host.config;
  const element = host.root.host as HTMLElement;
  const memory = new Memory(site, (matched) => host._matched.splice(0, Infinity, ...matched));
  const counted = rules.some((rule) => rule.visits);
  let page: PageView;
  let card: Card;
  /** Whose message is shown, or what has opened the chat. */
  let active: Rule | undefined;
  let hello: VisitorHello | undefined;
  /** The browser's cookie is of a chat that this tab has no part in. */
  let stranger = false;
  let talking = false;
  let unanswered = false;

  const language = (): string => element.lang.replace("no", "nb");

  /** A page comes into view; again: it is the one before, loaded anew. */
  function view(again = false): void {
    page = new PageView(pathOf(location.pathname), performance.now(), !document.hidden);
    retract();
    if (counted && !again) memory.visited();
  }

  /** Takes back what is shown. */
  function retract(): void {
    card.hide();
    active = undefined;
  }

  /** Whether it is known who the visitor is: who has no session is nobody. */
  function isKnown(): boolean {
    if (hello || stranger || !(cookieOf(site) || stored(secretKey(site)))) return true;
    if (host._session) host._hasSession().then((has) => (stranger = !has));
    return false;
  }

  function look(exit = false): void {
    page.tick(performance.now(), !document.hidden);
    // Of a logout by a route of the application, the cookie alone tells.
    if (hello?.who === "person" && cookieOf(site) !== "p") come();
    if (host._hidden && card.shown) retract();
    if (pathOf(location.pathname) !== page.path) view();
    if (page.done || document.hidden || host._api.isOpen || host._hidden || !isKnown()) return;
    const { visits, matched } = memory.state;
    const facts: Facts = {
      path: page.path,
      seconds: page.seconds,
      visits,
      scrolled: page.scrolled,
      exit,
      language: language(),
      personal: hello?.rules ?? [],
      unanswered,
      talking,
    };
    const next = rules.find(
      (rule) =>
        !matched.includes(rule.name) &&
        !memory.pauses(rule.name, rule.pause) &&
        (rule.show || !fullScreen()) &&
        holds(rule, facts),
    );
    if (next) act(next);
  }

  function act(rule: Rule): void {
    memory.matched(rule.name);
    let prevented = false;
    const text = rule.show && greeting(rule.show, hello?.me);
    host.emit("rule", { name: rule.name, text, preventDefault: () => (prevented = true) });
    if (prevented) return;
    page.done = true;
    active = rule;
    if (text) {
      const dismiss = __PARLEY__.dismiss.split("\n").find((line) => line.startsWith(element.lang + " "));
      card.show(text, dismiss!.slice(3), ["ar", "he"].includes(element.lang));
    } else open();
  }

  /** Opens the chat, and leaves the visitor's hands where they are. */
  async function open(): Promise<void> {
    tell();
    await host._load();
    host.chat?.open(false);
  }

  /** Has agents see by which rule the visitor came. */
  function tell(): void {
    host._tags.push({ additionalTaggingData: { rule: active!.name } });
    host.chat?._tagged();
  }

  function settle(answered: boolean): void {
    memory.settled(active!.name, answered, active!.pause);
    if (answered) {
      tell();
      greet();
    }
    retract();
  }

  /** Whoever has answered a message finds it in the chat, on the tab's next pages too. */
  function greet(): void {
    const rule = memory.certain && rules.find(({ name }) => name === memory.state.answered);
    host._greeting = rule && (!rule.personal || hello?.rules?.includes(rule.name)) ? rule.show : undefined;
  }

  /** Whoever was here has gone, or may have. */
  function left(): void {
    hello = undefined;
    stranger = talking = unanswered = false;
    retract();
    greet();
  }

  /** It is known whose session it is. Before there is a card, nothing has been shown or counted. */
  function come(session?: string): void {
    if (!memory.isOf(session) || !card) return;
    left();
    if (counted) memory.visited(); // they see this page
  }

  host._greeted = (answer) => {
    if (answer.stale) return;
    come(answer.who === "person" ? answer.session : undefined);
    const first = !hello;
    hello = answer;
    talking = answer.conversation?.status === "open";
    if (first) {
      const last = answer.messages?.filter((m) => m.from !== "system").pop();
      unanswered = talking && last?.from === "visitor" && Date.now() - last.time > awayFor;
    }
    if (active?.personal && !answer.rules?.includes(active.name)) retract();
    greet();
  };

  const { on } = host._api;
  on("ready", () => {
    card = new Card(
      host.root,
      () => host._api.open(),
      () => settle(false),
    );
    memory.listen();
    const [load] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    view(load?.type === "reload");
    page.done = host._api.isOpen; // as on the page before
    greet();
    on("message", () => {
      talking = true;
      if (card.shown) retract();
    });
    on("open", () => {
      page.done = true;
      // By the button, beside the message.
      if (card.shown) settle(true);
    });
    on("close", () => {
      if (active) settle(false);
    });
    on("reset", () => {
      memory.forget();
      left();
    });
    addEventListener("pagehide", () => memory.stopListening());
    addEventListener("pageshow", (event) => {
      memory.listen();
      if (!event.persisted) return;
      left(); // it is asked who is here now
      view();
    });
    addEventListener("visibilitychange", () => look());
    if (rules.some((rule) => rule.scroll))
      addEventListener(
        "scroll",
        ({ target }) =>
          page.scroll(target === document ? document.scrollingElement! : (target as Element), innerHeight),
        { capture: true, passive: true },
      );
    if (rules.some((rule) => rule.exit))
      document.documentElement.addEventListener("mouseleave", ({ clientY }) => clientY <= 0 && look(true));
    setInterval(look, interval);
  });
}

const host = (window as { [hostKey]?: Host })[hostKey];
if (host && !host._greeted) start(host);
