// Two soft notes for a message, by Web Audio: there is nothing to fetch.

let audio: AudioContext | undefined;
/** When it last sounded, and when that was for a message. */
let last = 0;
let rung = 0;

/** In milliseconds: a burst of messages rings once, in one of the tabs that get it. Hidden ones may be a second late. */
const apart = 2000;

/** Lets the page sound. Browsers may want its user to touch it first, and warn where they are asked sooner. */
export async function unlockSound(): Promise<void> {
  try {
    audio ??= new AudioContext();
    await audio.resume(); // it may take until then
  } catch {} // without Web Audio, or with too much of it, there is no sound
}

/** Lets the page sound as soon as its user touches it. */
export function unlockSoundSoon(): void {
  for (const type of ["pointerup", "keydown"]) addEventListener(type, touched, { capture: true, once: true });
}

const touched = (): void => void unlockSound().then(rest);

/** Rings, unless this tab has just done so or another one that rings by this name. */
export async function ring(name: string): Promise<void> {
  const asked = Date.now();
  await unlockSound();
  const now = Date.now();
  if (now - asked > apart || now - rung < apart) return rest();
  rung = now;
  // Plain HTTP has no locks, and who bars cookies gets none.
  if (!navigator.locks) return chime();
  navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? chimeAndHold() : rest())).catch(chime);
}

function chimeAndHold(): Promise<void> {
  chime();
  return new Promise((release) => setTimeout(release, apart));
}

/** Sounds at once, in a page that can. */
export function chime(): void {
  if (!audio) return;
  last = Date.now();
  note(audio, 659.25, 0);
  note(audio, 880, 0.11).onended = rest;
}

/** Leaves the audio device alone while there is nothing to hear. */
function rest(): void {
  if (Date.now() - last >= 500) void audio?.suspend();
}

function note(a: AudioContext, hertz: number, delay: number): OscillatorNode {
  const start = a.currentTime + delay;
  const tone = a.createOscillator();
  const level = a.createGain();
  tone.type = "sine";
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(0, start);
  level.gain.linearRampToValueAtTime(0.14, start + 0.015);
  level.gain.exponentialRampToValueAtTime(0.0005, start + 0.35);
  tone.connect(level).connect(a.destination);
  tone.start(start);
  tone.stop(start + 0.4);
  return tone;
}
