// The part that sounds, fetched by those who have turned the sound on.
import { type Host, hostKey } from "../shared/host";
import { chime, ring, unlockSound, unlockSoundSoon } from "../shared/sound";

const sound = { chime, ring, unlockSound, unlockSoundSoon };

export type SoundPart = typeof sound;

(window as unknown as { [hostKey]: Host })[hostKey]._parts.sound ??= sound;
