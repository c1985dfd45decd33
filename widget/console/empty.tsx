// What stands in the place of a list without entries.

import * as texts from "#texts/agent";
import { clearFilters, turnTo } from "./desk";
import { WithKeys } from "./parts";
import { filtered, type View } from "./view";

export const Waiting = () => (
  <div class="skeleton" aria-hidden="true">
    <i />
    <i />
    <i />
    <i />
  </div>
);

export function Empty({ view }: { view: View }) {
  const [head, hint] = filtered(view)
    ? [texts.emptyFiltered, view.status === "all" ? texts.emptyFilteredAll : texts.emptyFilteredStatus]
    : view.assignee === "me"
      ? [texts.emptyMine, texts.emptyMineHint]
      : view.assignee === "none"
        ? [texts.emptyUnassigned, texts.emptyUnassignedHint]
        : view.status === "waiting"
          ? [texts.emptyWaiting, texts.emptyWaitingHint]
          : view.status === "resolved"
            ? [texts.emptyResolved, texts.emptyResolvedHint]
            : view.status === "open"
              ? [texts.emptyOpen, texts.emptyOpenHint]
              : [texts.emptyAll, texts.emptyAllHint];
  return (
    <div class="empty">
      <p class="empty-head" key={head}>
        {head}
      </p>
      <p key={hint}>
        <WithKeys text={hint ?? ""} />
      </p>
      {filtered(view) && (
        <p class="empty-ways">
          {view.status !== "all" && (
            <button type="button" class="button" onClick={() => turnTo({ status: "all" })}>
              {texts.lookInAll}
            </button>
          )}
          <button type="button" class="button" onClick={clearFilters}>
            {texts.clearFilters}
          </button>
        </p>
      )}
    </div>
  );
}
