// Fetches what the loader is not: the session's script, the chat's, and the parts
// that the chat does without until they are wanted. A script element that carries
// the loader's nonce runs under host lists, nonces and 'strict-dynamic' alike.
import { nonce, scriptURL } from "./env";

interface Policy {
  createScriptURL(url: string): string;
}
type Global = Window & { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };

let fetched: Record<string, Promise<unknown> | undefined> = {};
let policy: Policy | undefined;

/** Fetches anew what is asked for from now on: it is to be in another language. */
export function fetchAnew(): void {
  fetched = {};
}

/** Resolves when a script has run. A failed attempt may be repeated. */
export function fetchScript(name: string): Promise<unknown> {
  const fetching = (fetched[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.onerror = reject;
    script.onload = resolve;
    try {
      // A list of Trusted Types in the page can't be changed to name ours: asking would be reported.
      if (document.querySelector("[content*=trusted-types]")) throw 0;
      // The policy knows our addresses only: who else gets hold of it gains nothing.
      policy ??= (window as Global).trustedTypes?.createPolicy("parley", { createScriptURL: scriptURL });
      script.src = policy?.createScriptURL(name) ?? scriptURL(name);
      document.head.append(script);
    } catch {
      // No sink of Trusted Types, but not for 'strict-dynamic' with a hash.
      import(scriptURL(name)).then(resolve, reject);
    }
  }));
  fetching.catch(() => (fetched[name] = undefined));
  return fetching;
}
