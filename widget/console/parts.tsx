// Small parts that several panes use.

import { useEffect, useState } from "preact/hooks";
import { full } from "../shared/dates";
import { bucket, initials } from "../shared/names";
import { shortAge } from "./age";
import { Person } from "./icons";

const hues = 10; // as many as the style sheet has classes hue-0, hue-1, …

type AvatarProps = { id: string; name: string; known?: boolean; online?: boolean; size?: "tiny" | "large" };

/** Initials on a colour that stays with the id. Decoration: the name is said beside it, so the style sheet draws them. */
export function Avatar({ id, name, known = true, online, size }: AvatarProps) {
  const letters = known ? initials(name) : "";
  return (
    <span
      data-initials={letters || undefined}
      class={`avatar hue-${bucket(id, hues)} ${size ?? ""}`}
      aria-hidden="true"
      translate={false}
    >
      {!letters && <Person />}
      {online && <span class="presence" />}
    </span>
  );
}

const ticking = new Set<() => void>();
const tickAll = () => {
  for (const update of ticking) update();
};
setInterval(tickAll, 20_000);
document.addEventListener("visibilitychange", tickAll);

/** The time, anew every 20 seconds. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const update = () => setNow(Date.now());
    ticking.add(update);
    return () => void ticking.delete(update);
  }, []);
  return Math.max(now, Date.now() - 20_000);
}

/** How long ago, which stays true while it is on screen. */
export function Age({ time }: { time: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(time).toISOString()} title={full(time)} translate={false}>
      {shortAge(time, now)}
    </time>
  );
}

/** Whether the window is as wide as a media query says. */
function useMedia(query: string): boolean {
  const [yes, setYes] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setYes(media.matches);
    update();
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, [query]);
  return yes;
}

/** Wide enough for all three panes, or for no more than one; the style sheet breaks where these do. */
export const useWide = () => useMedia("(min-width: 1180px)");
export const useNarrow = () => useMedia("(max-width: 719px)");

/** A text in which [x] is a key to press. */
export const WithKeys = ({ text }: { text: string }) => (
  <>{text.split(/\[(.+?)\]/).map((part, i) => (i % 2 ? <kbd key={i}>{part}</kbd> : part))}</>
);
