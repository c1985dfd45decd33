// Words for times, names and addresses.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export const timeOfDay = (t: number) => clock.format(t);
export const fullTime = (t: number) => full.format(t);

const midnight = (t: number) => new Date(t).setHours(0, 0, 0, 0);

export const sameDay = (a: number, b: number) => midnight(a) === midnight(b);

// Rounded, since a day is 23 or 25 hours long when the clocks change.
const daysAgo = (t: number, now: number) => Math.round((midnight(now) - midnight(t)) / day);

/** The heading over one day's messages. */
export function dayName(t: number, now: number): string {
  const n = daysAgo(t, now);
  if (n === 0) return "Today";
  if (n === 1) return "Yesterday";
  if (n > 1 && n < 7) return weekday.format(t);
  return sameYear(t, now) ? dayMonth.format(t) : dayMonthYear.format(t);
}

/** A time as short as an inbox wants it: "now", "5m", "3h", "2d", "4 Mar". */
export function shortAge(t: number, now: number): string {
  const age = now - t;
  if (age < minute) return "now";
  if (age < hour) return `${Math.floor(age / minute)}m`;
  if (age < day) return `${Math.floor(age / hour)}h`;
  if (age < 7 * day) return `${Math.floor(age / day)}d`;
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
export function webAddress(url: string): URL | undefined {
  try {
    const u = new URL(url);
    return u.protocol === "https:" || u.protocol === "http:" ? u : undefined;
  } catch {
    return undefined;
  }
}

export function count(n: number, one: string, many: string): string {
  return n === 1 ? `1 ${one}` : `${n} ${many}`;
}
