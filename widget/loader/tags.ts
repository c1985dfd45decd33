// What the page's own script says of the visitor. The server stores it with the
// conversation, so it is held until there is one; then the chat sends it.
import type { Tags } from "../shared/host";
import { post } from "./api";
import { emit } from "./events";
import { host } from "./host";

/** Takes what the page says. A token goes at once, and alone; where that signs somebody in, changed is called. */
export async function tag({ externalToken, ...data }: Tags, changed: () => void): Promise<void> {
  host._tags.push(data);
  host.chat?._tagged();
  if (!externalToken) return;
  const answer = await post("tag", { data: { externalToken } });
  // Also where it could not be checked: the page has to bring a fresh one.
  if (answer.t === "error") emit("error", answer);
  else if (answer.t === "again") changed();
}
