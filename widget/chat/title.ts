// Says in the title of a page that is not looked at that something is unread.

/** The page's own title, and what is shown in its place. */
let own = "";
let shown: string | undefined;

/** The page's title without what is said here. It may have changed it meanwhile. */
export const pageTitle = (): string => (document.title === shown ? own : document.title);

export function titleUnread(unread: number): void {
  const title = pageTitle();
  shown = unread && document.hidden ? `(${unread}) ${title}` : undefined;
  own = title;
  if (document.title !== (shown ?? own)) document.title = shown ?? own;
}
