// The sound for an agent's message that nobody looks at: off until the visitor
// turns it on. The choice is this browser's, and names nobody.
import { recall, remember } from "../shared/remember";
import { chime, ring, unlockSound, unlockSoundSoon } from "../shared/sound";

/** The time for another tab to say that the message has been seen there, in milliseconds. */
const seenElsewhere = 500;

export class Sound {
  on = false;
  private _key: string;

  constructor(
    site: string,
    private _unread: () => unknown,
    private _changed: () => void,
  ) {
    this._key = "parley-sound:" + site;
    this._take(recall(this._key));
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this._key) return;
      this._take(newValue);
      _changed();
    });
  }

  private _take(value: string | null): void {
    this.on = value === "on";
    if (this.on) unlockSoundSoon();
  }

  /** Turns it on, and lets it be heard, or off. */
  toggle(): void {
    this.on = !this.on;
    remember(this._key, this.on ? "on" : undefined);
    if (this.on) unlockSound().then(chime);
    this._changed();
  }

  /** An agent's message has come. */
  arrived(): void {
    setTimeout(() => this.on && this._unread() && ring(this._key), seenElsewhere);
  }
}
