import * as texts from "#texts/agent";
import { full } from "../shared/dates";
import { memo } from "../shared/memo";
import type { ConsoleSummary } from "../shared/operations";
import { Check, Clock, ReplyArrow } from "./icons";
import { Age, Avatar } from "./parts";
import { href } from "./route";

type Props = {
  c: ConsoleSummary;
  shown: boolean;
  /** The one entry that the Tab key stops at; arrows reach the others. */
  reachable: boolean;
  site: string;
  assignee: string;
  /** The view of the list, which stays as the conversation is opened. */
  query: string;
};

/**
 * One conversation in the list. Drawn anew only as it changes: lists are long
 * and the desk is busy. Not for translators, since its texts change in place.
 */
export const Entry = memo(({ c, shown, reachable, site, assignee, query }: Props) => (
  <li>
    <a
      href={href(c.id, query)}
      data-conv={c.id}
      class={`entry ${c.unread > 0 ? "unread" : ""}`}
      aria-current={shown ? "true" : undefined}
      translate={false}
      tabIndex={reachable ? 0 : -1}
    >
      <Avatar id={c.id} name={c.name} known={c.person} online={c.online} />
      <span class="entry-top">
        <span class="entry-name">
          <bdi>{c.name}</bdi>
        </span>
        {site && <span class="entry-site">{site}</span>}
        <span class="spring" />
        <Age time={c.active} />
      </span>
      <span class="entry-bottom">
        <span class="entry-text">
          {c.lastFrom === "agent" && (
            <>
              <ReplyArrow />
              <span class="sr-only">{texts.lastFromAgent}</span>
            </>
          )}
          <bdi>{c.lastText || texts.noMessages}</bdi>
        </span>
        {c.status === "resolved" && (
          <span class="entry-done" title={texts.statusResolved}>
            <Check />
            <span class="sr-only">{texts.statusResolved}</span>
          </span>
        )}
        {assignee && (
          <span class="entry-agent" title={texts.assignedToAgent(assignee)}>
            <Avatar id={c.assignee} name={assignee} size="tiny" />
          </span>
        )}
        {c.waiting > 0 && (
          <span class="entry-waiting" title={texts.waitingSince(full(c.waiting))}>
            <Clock />
            <span class="sr-only">{texts.waiting} </span>
            <Age time={c.waiting} />
          </span>
        )}
        {c.unread > 0 && (
          <span class="count strong">
            {c.unread}
            <span class="sr-only"> {texts.unread}</span>
          </span>
        )}
      </span>
      {c.online && <span class="sr-only">{texts.online}</span>}
    </a>
  </li>
));
