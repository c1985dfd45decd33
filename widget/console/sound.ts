// The sound for a visitor's message, unless the agent wants none.
import { ring } from "../shared/sound";
import { get } from "./store";

export function chime(): void {
  if (!get().muted) void ring("parley-desk-sound");
}
