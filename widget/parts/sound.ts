// The part that sounds, fetched by those who have turned the sound on.
import { bring } from "../shared/part";
import { chime, ring, unlockSound, unlockSoundSoon } from "../shared/sound";

const sound = { chime, ring, unlockSound, unlockSoundSoon };

export type SoundPart = typeof sound;

bring("sound", sound);
