import { locale } from "./language";

/** "12 kB", "3.4 MB", in the reader's language. */
export function bytes(n: number): string {
  return n < 999500 ? inUnit(Math.ceil(n / 1000), "kilobyte", 0) : inUnit(n / 1e6, "megabyte", 1);
}

const inUnit = (n: number, unit: string, digits: number): string =>
  n.toLocaleString(locale, { style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits });
