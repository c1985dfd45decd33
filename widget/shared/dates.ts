import * as texts from "#texts/both";

const dayLength = 86400000;

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

export const sameDay = (a: number, b: number): boolean => midnight(a) === midnight(b);

export function day(time: number, now = Date.now()): string {
  // Rounded: a day may have 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(time)) / dayLength);
  if (ago <= 0) return texts.today;
  if (ago === 1) return texts.yesterday;
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return format(
    time,
    ago < 7 ? { weekday: "long" } : { day: "numeric", month: "long", ...(!sameYear && { year: "numeric" }) },
  );
}

export const clock = (time: number): string => format(time, { hour: "numeric", minute: "2-digit" });

export const full = (time: number): string => format(time, { dateStyle: "full", timeStyle: "short" });

function format(time: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, options).format(time);
}
