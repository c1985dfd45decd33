// The sound for an agent's message that nobody looks at: off until the visitor
// turns it on. The choice is this browser's, and names nobody.
import type { SoundPart } from "../parts/sound";
import type { Host } from "../shared/host";
import { recall, remember } from "../shared/remember";

/** The time for another tab to say that the message has been seen there, in milliseconds. */
const seenElsewhere = 500;

export class Sound {
  on = false;
  private _key: string;

  constructor(
    private _host: Host,
    private _unread: () => unknown,
    private _changed: () => void,
  ) {
    this._key = "parley-sound:" + _host.config.site;
    this._take(recall(this._key));
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this._key) return;
      this._take(newValue);
      _changed();
    });
  }

  private _take(value: string | null): void {
    this.on = value === "on";
    if (this.on) this._with((part) => part.unlockSoundSoon());
  }

  /** Without its part there is no sound; the next that is due asks for it again. */
  private async _with(task: (part: SoundPart) => unknown): Promise<void> {
    await this._host._fetch("sound").catch(() => {});
    const { sound } = this._host._parts;
    if (sound) task(sound);
  }

  /** Turns it on, and lets it be heard, or off. */
  toggle(): void {
    this.on = !this.on;
    remember(this._key, this.on ? "on" : undefined);
    if (this.on)
      this._with((part) => {
        part.unlockSoundSoon(); // some browsers have forgotten the click by now
        part.unlockSound().then(part.chime);
      });
    this._changed();
  }

  /** An agent's message has come. */
  arrived(): void {
    setTimeout(() => this.on && this._unread() && this._with((part) => part.ring(this._key)), seenElsewhere);
  }
}
