import { useLayoutEffect, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import type { ConsoleSummary } from "../shared/operations";
import { Chevron } from "./icons";
import { useStore } from "./store";
import { assign } from "./talk";

/** Who looks after the conversation. */
export function Assignee({ c }: { c: ConsoleSummary }) {
  const agents = useStore((s) => s.agents);
  const me = useStore((s) => s.me.email);
  const field = useRef<HTMLSelectElement>(null);
  // The field shows what holds, also after a choice that the server refused.
  useLayoutEffect(() => {
    field.current!.value = c.assignee;
  }, [c, agents]);
  const may = agents.filter((a) => a.sites?.includes(c.site));
  const known = c.assignee === "" || may.some((a) => a.email === c.assignee);
  return (
    <span class="select framed">
      <select
        translate={false}
        ref={field}
        aria-label={texts.assignedTo}
        title={texts.assignedTo}
        value={c.assignee}
        onChange={(e) => assign(c, e.currentTarget.value)}
      >
        <option value="">{texts.nobody}</option>
        {!known && <option value={c.assignee}>{c.assignee}</option>}
        {may.map((a) => (
          <option key={a.email} value={a.email}>
            {a.email === me ? texts.yourself(a.name || a.email) : a.name || a.email}
          </option>
        ))}
      </select>
      <Chevron />
    </span>
  );
}
