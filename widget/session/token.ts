// A token with which the page shows who is signed in. It goes at once, and alone.
import { post } from "./api";
import { host } from "./host";
import { wake } from "./session";

export async function identify(externalToken: unknown): Promise<void> {
  const answer = await post("tag", { data: { externalToken } });
  // Also where it could not be checked: the page has to bring a fresh one.
  if (answer.t === "error") host.emit("error", answer);
  else if (answer.t === "again") wake(false);
}
