// Words for times, names and addresses.

import * as texts from "#texts/agent";

const minute = 60_000;
const hour = 60 * minute;
const wholeDay = 24 * hour;

const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export const dateAndTime = (t: number) => moment.format(t);

/** A time as short as an inbox wants it: "now", "5m", "3h", "2d", "4 Mar". */
export function shortAge(t: number, now: number): string {
  const age = now - t;
  if (age < minute) return texts.now;
  if (age < hour) return texts.minutesAgo(Math.floor(age / minute));
  if (age < wholeDay) return texts.hoursAgo(Math.floor(age / hour));
  if (age < 7 * wholeDay) return texts.daysAgo(Math.floor(age / wholeDay));
  return sameYear(t, now) ? dayMonth.format(t) : dayMonthYear.format(t);
}

const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();

/** One or two letters for an avatar; "" where there is no name to take them from. */
export function initials(name: string): string {
  const words = (name.includes("@") ? name.slice(0, name.indexOf("@")) : name)
    .split(/[\s._-]+/)
    .map((w) => w.match(/[\p{L}\p{N}]/u)?.[0] ?? "")
    .filter(Boolean);
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words[words.length - 1] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** A number below n that is always the same for the same text (FNV-1a). */
export function bucket(text: string, n: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0) % n;
}

/** The address if it is one that may become a link, as the visitor's browser reported it. */
export function webAddress(url = ""): URL | undefined {
  try {
    const u = new URL(url);
    return u.protocol === "https:" || u.protocol === "http:" ? u : undefined;
  } catch {
    return undefined;
  }
}
