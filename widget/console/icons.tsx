import type { ComponentChildren, JSX } from "preact";

type Props = { class?: string };

/** Icons are decoration: what they mean is always said in words beside them. */
const icon =
  (children: ComponentChildren, size = 16) =>
  (props: Props): JSX.Element => (
    <svg
      class={`icon ${props.class ?? ""}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );

export const Check = icon(<path d="M3 8.5 6.3 12 13 4.5" />);
export const Clock = icon(
  <>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 5v3.2l2 1.3" />
  </>,
  12,
);
export const Unread = icon(
  <>
    <path d="M9 3H3.5A1.5 1.5 0 0 0 2 4.5v6A1.5 1.5 0 0 0 3.5 12H5v2.2L8 12h4.5a1.5 1.5 0 0 0 1.5-1.5V8" />
    <circle cx="12.8" cy="3.2" r="1.8" fill="currentColor" stroke="none" />
  </>,
);
export const Reopen = icon(
  <>
    <path d="M3 8a5 5 0 1 0 1.6-3.7" />
    <path d="M3 2.5V5h2.6" />
  </>,
);
export const Bell = icon(
  <>
    <path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.2H3z" />
    <path d="M6.8 14.2h2.4" />
  </>,
);
export const BellOff = icon(
  <>
    <path d="M4 11V7c0-.5.1-1 .3-1.5M6 3.6A4 4 0 0 1 12 7v2.5M10.7 12.2H3L4 11" />
    <path d="M6.8 14.2h2.4" />
    <path d="m2.5 2 11 12" />
  </>,
);
export const Help = icon(
  <>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M6.3 6.3a1.75 1.75 0 1 1 2.5 1.7c-.6.3-.8.6-.8 1.25" />
    <path d="M8 11.4v.1" />
  </>,
);
export const Back = icon(<path d="M9.5 3.5 5 8l4.5 4.5" />);
export const Panel = icon(
  <>
    <rect x="2" y="2.75" width="12" height="10.5" rx="2" />
    <path d="M10 2.75v10.5" />
  </>,
);
export const Close = icon(<path d="m4 4 8 8m0-8-8 8" />);
export const Send = icon(<path d="M8 13V3.5M4 7.2 8 3.2l4 4" />);
export const External = icon(
  <>
    <path d="M6.5 3.5h-2a1.5 1.5 0 0 0-1.5 1.5v6.5A1.5 1.5 0 0 0 4.5 13H11a1.5 1.5 0 0 0 1.5-1.5v-2" />
    <path d="M9.5 2.8H13.2V6.5M13 3 7.8 8.2" />
  </>,
  14,
);
export const Verified = icon(
  <>
    <path d="M8 1.8 13 3.6V7.5c0 3-2 5.4-5 6.7-3-1.3-5-3.7-5-6.7V3.6z" />
    <path d="M5.8 7.9 7.4 9.5l3-3.3" />
  </>,
);
export const Unverified = icon(
  <>
    <path d="M8 2.2 14.2 13H1.8z" />
    <path d="M8 6.5v3M8 11.2v.1" />
  </>,
);
export const Chevron = icon(<path d="m4.5 6.5 3.5 3.5 3.5-3.5" />, 12);
export const ReplyArrow = icon(<path d="M6.5 4 3 7.5 6.5 11M3.3 7.5H10a3 3 0 0 1 3 3V12" />, 12);
export const Search = icon(
  <>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.2 10.2 3.3 3.3" />
  </>,
);
export const Funnel = icon(<path d="M2.5 4h11M4.75 8h6.5M7 12h2" />);
export const Down = icon(<path d="M8 3v9.5M4 8.8l4 4 4-4" />, 14);
export const Retry = icon(
  <>
    <path d="M13 8a5 5 0 1 1-1.6-3.7" />
    <path d="M13 2.5V5h-2.6" />
  </>,
  12,
);
export const Person = icon(
  <>
    <circle cx="8" cy="5.5" r="2.5" />
    <path d="M3.5 13c.5-2.5 2.3-3.8 4.5-3.8s4 1.3 4.5 3.8" />
  </>,
);
export const Note = icon(
  <>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 7.3v3.7M8 5v.1" />
  </>,
);

export const Logo = () => (
  <svg class="logo" width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="logo-ground" width="32" height="32" rx="8" />
    <path class="logo-bubble" d="M9 9h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H9a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2z" />
  </svg>
);
