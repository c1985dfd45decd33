import * as texts from "#texts/agent";
import { full } from "../shared/dates";
import { memo } from "../shared/memo";
import type { ConsoleHit, ConsoleSummary } from "../shared/operations";
import { Found } from "./found";
import { Check, Clock, ReplyArrow } from "./icons";
import { Age, Avatar } from "./parts";
import { href } from "./route";
import { showMessage } from "./talk";

type Props = {
  c: ConsoleSummary;
  /** Where the entry stands: in pixels from the top, and as one of how many (-1: of more than are known). */
  top: number;
  place: number;
  places: number;
  shown: boolean;
  /** The one entry that the Tab key stops at; arrows reach the others. */
  reachable: boolean;
  site: string;
  assignee: string;
  /** The view of the list, which stays as the conversation is opened. */
  query: string;
  /** What the list was searched for, as it is compared; "" for nothing. */
  search: string;
  /** The message for which the search has found it. */
  hit: ConsoleHit | undefined;
  /** Or what of the person that is not in sight otherwise; else "". */
  foundBy: string;
};

/**
 * One conversation in the list. Drawn anew only as it changes: lists are long
 * and the desk is busy. Not for translators, since its texts change in place.
 */
export const Entry = memo((props: Props) => {
  const { c, top, place, places, shown, reachable, site, assignee, query, search, hit, foundBy } = props;
  const to = href(c.id, query, hit?.seq);
  // The address may be this one already, and the message be out of sight.
  const again = () => {
    if (hit && location.hash === to) showMessage(c.id, hit.seq, true);
  };
  return (
    <li style={{ top: `${top}px` }} aria-posinset={place} aria-setsize={places}>
      <a
        href={to}
        onClick={again}
        data-conv={c.id}
        class={`entry ${c.unread > 0 ? "unread" : ""}`}
        aria-current={shown ? "true" : undefined}
        translate={false}
        tabIndex={reachable ? 0 : -1}
      >
        <Avatar id={c.id} name={c.name} known={c.person} online={c.online} />
        <span class="entry-top">
          <span class="entry-name">
            <bdi>
              <Found text={c.name} search={search} />
            </bdi>
          </span>
          {site && <span class="entry-site">{site}</span>}
          <span class="spring" />
          <Age time={c.active} />
        </span>
        <span class="entry-bottom">
          <span class="entry-text">
            {!foundBy && (hit ?? { from: c.lastFrom }).from === "agent" && (
              <>
                <ReplyArrow />
                <span class="sr-only">{texts.lastFromAgent}</span>
              </>
            )}
            <bdi>
              <Found text={foundBy || hit?.text || c.lastText || texts.noMessages} search={search} />
            </bdi>
          </span>
          {c.status === "resolved" && (
            <span class="entry-done" title={texts.statusResolved}>
              <Check />
              <span class="sr-only">{texts.statusResolved}</span>
            </span>
          )}
          {c.rating && (
            <span class="entry-rating" title={texts.ratedAs(texts.scoreOf(c.rating.score))} key={c.rating.score}>
              <span aria-hidden="true">{texts.scoreOf(c.rating.score)}</span>
              <span class="sr-only">{texts.ratedAs(texts.scoreOf(c.rating.score))}</span>
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
  );
});
