import * as texts from "#texts/both";
import { locale } from "./language";

const dayLength = 24 * 60 * 60_000;

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

export const sameDay = (a: number, b: number): boolean => midnight(a) === midnight(b);

const sameYear = (a: number, b: number): boolean => new Date(a).getFullYear() === new Date(b).getFullYear();

/** Those that were made, since one takes longer to make than all else of a message to draw. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(time: number, options: Intl.DateTimeFormatOptions): string {
  const name = locale + JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(locale, options));
  return formats.get(name)!.format(time);
}

/** Day and month, with the year where it is another. */
export const date = (time: number, now: number, month: "long" | "short"): string =>
  format(time, { day: "numeric", month, ...(!sameYear(time, now) && { year: "numeric" }) });

export const clock = (time: number): string => format(time, { hour: "numeric", minute: "2-digit" });
export const full = (time: number): string => format(time, { dateStyle: "full", timeStyle: "short" });
export const dateAndTime = (time: number): string => format(time, { dateStyle: "medium", timeStyle: "short" });

/** A time to come: "9:00", "Monday 9:00", "4 January, 9:00". */
export function weekdayAndTime(time: number, now = Date.now()): string {
  const days = Math.round((midnight(time) - midnight(now)) / dayLength);
  const day: Intl.DateTimeFormatOptions = days < 7 ? { weekday: "long" } : { day: "numeric", month: "long" };
  return format(time, { ...(days && day), hour: "numeric", minute: "2-digit" });
}

/** The day of a message: "Today", "Yesterday", "Tuesday", "4 March", "4 March 2025". */
export function day(time: number, now = Date.now()): string {
  // Rounded: a day may have 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(time)) / dayLength);
  if (ago <= 0) return texts.today;
  if (ago === 1) return texts.yesterday;
  return ago < 7 ? format(time, { weekday: "long" }) : date(time, now, "long");
}

/** A number of minutes, hours or days, in words. */
export const amount = ({ n, unit }: { n: number; unit: string }): string =>
  new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(n);
