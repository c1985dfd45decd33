import * as texts from "#texts/both";

const minute = 60_000;
const hour = 60 * minute;
const dayLength = 24 * hour;

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

export const sameDay = (a: number, b: number): boolean => midnight(a) === midnight(b);

const sameYear = (a: number, b: number): boolean => new Date(a).getFullYear() === new Date(b).getFullYear();

/** Those that were made, since one takes longer to make than all else of a message to draw. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(time: number, options: Intl.DateTimeFormatOptions): string {
  const name = JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(undefined, options));
  return formats.get(name)!.format(time);
}

/** Day and month, with the year where it is another. */
const date = (time: number, now: number, month: "long" | "short"): string =>
  format(time, { day: "numeric", month, ...(!sameYear(time, now) && { year: "numeric" }) });

export const clock = (time: number): string => format(time, { hour: "numeric", minute: "2-digit" });
export const full = (time: number): string => format(time, { dateStyle: "full", timeStyle: "short" });
export const dateAndTime = (time: number): string => format(time, { dateStyle: "medium", timeStyle: "short" });

/** The day of a message: "Today", "Yesterday", "Tuesday", "4 March", "4 March 2025". */
export function day(time: number, now = Date.now()): string {
  // Rounded: a day may have 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(time)) / dayLength);
  if (ago <= 0) return texts.today;
  if (ago === 1) return texts.yesterday;
  return ago < 7 ? format(time, { weekday: "long" }) : date(time, now, "long");
}

/** A time as short as an inbox wants it: "now", "5m", "3h", "2d", "4 Mar", "4 Mar 2025". */
export function shortAge(time: number, now: number): string {
  const age = now - time;
  if (age < minute) return texts.now;
  if (age < hour) return texts.minutesAgo(Math.floor(age / minute));
  if (age < dayLength) return texts.hoursAgo(Math.floor(age / hour));
  if (age < 7 * dayLength) return texts.daysAgo(Math.floor(age / dayLength));
  return date(time, now, "short");
}
