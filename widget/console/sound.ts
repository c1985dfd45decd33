// Two soft notes for a visitor's message.

import { get } from "./store";

let audio: AudioContext | undefined;

/** Browsers let a page sound only after its user has touched it; asked earlier, they complain. */
export function readySound(): void {
  const unlock = () => {
    removeEventListener("pointerdown", unlock);
    removeEventListener("keydown", unlock);
    audio = new AudioContext();
  };
  addEventListener("pointerdown", unlock);
  addEventListener("keydown", unlock);
}

const apart = 500; // ms: a burst of messages rings once
let last = 0;

export function chime(): void {
  if (get().muted || !audio || Date.now() - last < apart) return;
  last = Date.now();
  void audio.resume();
  note(audio, 659.25, 0);
  note(audio, 880, 0.11);
}

function note(a: AudioContext, hertz: number, delay: number): void {
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
}
