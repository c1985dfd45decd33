/** What the site says first; it stands above the messages too. */
export const Greeting = ({ text }: { text: string }) =>
  text ? (
    <p class="greeting" dir="auto" key={text}>
      {text}
    </p>
  ) : null;
