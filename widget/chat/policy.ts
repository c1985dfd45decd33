// A policy in a meta element is there to be read, and the server can't change
// it. An attempt that it bars would only fill the site's reports.

/** Whether a policy in the page allows our requests but not our socket. */
export function barsSocket(): boolean {
  const metas = document.querySelectorAll<HTMLMetaElement>('meta[http-equiv="content-security-policy" i]');
  return [...metas].some(({ content }) =>
    content.split(",").some((policy) => {
      const list = sources(policy, "connect-src") ?? sources(policy, "default-src");
      return !!list && !list.some(allowsSocket);
    }),
  );
}

/** The source list of a policy's directive; of several with one name the first counts. */
function sources(policy: string, name: string): string[] | undefined {
  for (const directive of policy.split(";")) {
    const [first, ...list] = directive.trim().toLowerCase().split(/\s+/);
    if (first === name) return list;
  }
  return undefined;
}

function allowsSocket(source: string): boolean {
  if (source === "'self'" || source === "*") return true;
  return /^wss?:/.test(source) && (!source.includes("//") || source.includes("*") || source.includes(location.host));
}
