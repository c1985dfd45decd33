// Fetches the chat. A script element that carries the loader's nonce runs
// under host lists, nonces and 'strict-dynamic' alike.
import { chat, nonce } from "./env";

interface TrustedTypes {
  createPolicy(name: string, rules: object): { createScriptURL(url: string): string };
}

let fetching: Promise<unknown> | undefined;

/** Resolves when the chat's script has run. A failed attempt may be repeated. */
export function fetchChat(): Promise<unknown> {
  fetching ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    if (nonce) script.nonce = nonce;
    script.onload = resolve;
    script.onerror = reject;
    let url = chat();
    try {
      const types = (window as { trustedTypes?: TrustedTypes }).trustedTypes;
      // The policy knows one address only: who else gets hold of it gains nothing.
      if (types) url = types.createPolicy("parley", { createScriptURL: chat }).createScriptURL("");
    } catch {} // refused, or made before
    try {
      script.src = url;
      document.head.append(script);
    } catch {
      // Trusted Types without a policy for us: import() is no sink.
      import(url).then(resolve, reject);
    }
  });
  fetching.catch(() => (fetching = undefined));
  return fetching;
}
