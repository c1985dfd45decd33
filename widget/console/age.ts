import * as texts from "#texts/agent";
import { date } from "../shared/dates";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A time as short as an inbox wants it: "now", "5m", "3h", "2d", "4 Mar", "4 Mar 2025". */
export function shortAge(time: number, now: number): string {
  const age = now - time;
  if (age < minute) return texts.now;
  if (age < hour) return texts.minutesAgo(Math.floor(age / minute));
  if (age < day) return texts.hoursAgo(Math.floor(age / hour));
  if (age < 7 * day) return texts.daysAgo(Math.floor(age / day));
  return date(time, now, "short");
}
