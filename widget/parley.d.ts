/**
 * Types of what the page finds as `window.Parley`. Copy this file beside your own
 * sources, or refer to it in `types`. The names are told in docs/javascript.md.
 */

/** What the page's script says of a visitor. Agents see it, marked as unverified; `null` deletes a value. */
export interface ParleyTags {
  id?: string | null;
  email?: string | null;
  firstname?: string | null;
  lastname?: string | null;
  gender?: string | null;
  labels?: string | string[] | null;
  /** The e-mail address of the agent who gets the visitor's conversations. */
  assignedUser?: string | null;
  /** Anything else that agents should see. */
  additionalTaggingData?: Record<string, string | number | boolean | null> | null;
  /** A JSON Web Token. If it verifies, it signs the visitor in, and nothing else does. */
  externalToken?: string;
}

/** A message that has come, or was sent. */
export interface ParleyMessage {
  /** Its number in the conversation, from 1 on. */
  seq: number;
  /** Milliseconds since 1970, by the server's clock. */
  time: number;
  from: "visitor" | "agent" | "system";
  /** What the agent is called; empty for the visitor. */
  name: string;
  text: string;
  attachments?: { id: string; name: string; size: number; type: string }[];
}

/** A rule of the Caddyfile whose conditions hold. */
export interface ParleyRule {
  name: string;
  /** The message that will be shown; undefined where the chat will be opened. */
  text: string | undefined;
  /** Leaves it to the page what happens, which is then nothing else. */
  preventDefault(): void;
}

/** What went wrong. `code` is one of those in docs/protocol.md; `text` is for developers. */
export interface ParleyError {
  code: string;
  text: string;
}

/** The events, and what their handlers are given. */
export interface ParleyEvents {
  /** The button is there. */
  ready: undefined;
  open: undefined;
  close: undefined;
  message: ParleyMessage;
  /** How many messages the visitor has not seen. */
  unread: number;
  /** Whether an agent is there; undefined where that is not known any more. */
  "agent-online": boolean | undefined;
  /** The same as agent-online. */
  online: boolean | undefined;
  rule: ParleyRule;
  /** A logout: what was shown is gone. */
  reset: undefined;
  error: ParleyError;
}

/** Calls as arrays, for the queue: `["open"]`, `["user.tag", { labels: "plus" }]`. */
export type ParleyCall =
  | ["open" | "close" | "toggle" | "show" | "hide" | "user.reset"]
  | ["setLocale" | "prefill" | "send", string]
  | ["user.tag", ParleyTags]
  | ["ready", () => void]
  | { [E in keyof ParleyEvents]: ["on", E, (detail: ParleyEvents[E]) => void] }[keyof ParleyEvents];

export interface ParleyAPI {
  /** Opens the chat, and loads it if need be. */
  open(): void;
  /** Closes the chat. */
  close(): void;
  /** Opens the chat if it is closed, and closes it if it is open. */
  toggle(): void;
  /** Shows the button again. */
  show(): void;
  /** Closes the chat, and hides the button and all beside it on this page. open() opens the chat all the same. */
  hide(): void;
  /**
   * Changes the chat's language at once: "de", "pt-BR". What is open stays as it is.
   * False, and no change, where the chat has no texts in it.
   */
  setLocale(language: string): boolean;
  /** Puts a text where the visitor writes, once the chat is open, unless something is begun there. Untouched, it is this page's only. */
  prefill(text: string): void;
  /**
   * Opens the chat and sends a text as the visitor, as if they had written it: once they have answered what the chat
   * asks first. What it refuses stays where they write.
   */
  send(text: string): void;
  user: {
    /** Says something of the visitor. */
    tag(tags: ParleyTags): void;
    /** Logs out, as the site's own logout does. */
    reset(): void;
  };
  /** Calls fn at each such event. The function returned ends that. */
  on<E extends keyof ParleyEvents>(event: E, fn: (detail: ParleyEvents[E]) => void): () => void;
  /** Calls fn as soon as the button is there, also if it is there already. */
  ready(fn: () => void): void;
  /** Makes calls that are written as arrays. The only method before the script has run, where Parley is an array. */
  push(...calls: ParleyCall[]): void;
  /** Whether the chat is open. */
  readonly isOpen: boolean;
  /** How many messages the visitor has not seen. */
  readonly unread: number;
  /** Whether an agent is there; undefined until that is known. */
  readonly online?: boolean | undefined;
  /** Names of Chatvisor's, for pages that were written for it. */
  api: {
    /** Calls fn with whether an agent is there, and asks the server where that is not known. */
    isAgentOnline(fn: (online: boolean) => void): void;
    /** Calls fn with the names of the rules that have matched in this browser session. */
    hasActionRuleMatched(fn: (names: string[]) => void): void;
  };
}

declare global {
  interface Window {
    /** An array until the script has run, if the page has made one; then the API. */
    Parley: ParleyAPI;
    /** The same, unless the page has a CV of its own. */
    CV: ParleyAPI;
  }
  var Parley: ParleyAPI;
  var CV: ParleyAPI;
}
