// What the server tells of a site's rules, and when one holds.
import { matches } from "./path";

/** One rule. What it asks of a person stays with the server, which names those that hold (`personal`). */
export interface Rule {
  name: string;
  /** Patterns, of which one has to match. */
  paths?: string[];
  /** Seconds. */
  time?: number;
  /** Pages. */
  visits?: number;
  /** Percent. */
  scroll?: number;
  exit?: boolean;
  languages?: string[];
  unanswered?: boolean;
  personal?: boolean;
  /** The message; without one, the chat is opened. */
  show?: string;
  /** How long not to do it again, in seconds, once the visitor has answered or closed it. */
  pause?: number;
}

/** The constant that the server writes in front of this script. */
export interface Known {
  rules: Rule[];
  /** What the button is called that closes a message: a line for each language behind its code. */
  dismiss: string;
}

/** What is known of the page and its visitor. */
export interface Facts {
  path: string;
  seconds: number;
  visits: number;
  scrolled: number;
  /** The mouse is just leaving. */
  exit: boolean;
  language: string;
  /** The rules whose conditions of a person hold. */
  personal: readonly string[];
  /** The visitor has come back to what nobody has answered. */
  unanswered: boolean;
  /** A conversation goes on. */
  talking: boolean;
}

/** Whether all conditions of a rule hold. */
export function holds(rule: Rule, facts: Facts): boolean {
  return (
    (rule.paths?.some((pattern) => matches(pattern, facts.path)) ?? true) &&
    facts.seconds >= (rule.time ?? 0) &&
    facts.visits >= (rule.visits ?? 0) &&
    facts.scrolled >= (rule.scroll ?? 0) &&
    (!rule.exit || facts.exit) &&
    (!rule.languages || rule.languages.includes(facts.language)) &&
    (!rule.personal || facts.personal.includes(rule.name)) &&
    (rule.unanswered ? facts.unanswered : !facts.talking)
  );
}
