// Which emoji the fonts of this computer have.

const side = 20;
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** What a sign looks like, as text. */
function look(sign: string): string {
  if (!context) return sign;
  context.clearRect(0, 0, side, side);
  context.font = "14px sans-serif";
  context.textBaseline = "top";
  context.fillText(sign, 0, 0);
  return context.getImageData(0, 0, side, side).data.join();
}

/** A noncharacter, which no font has. */
const missing = look("\u{1fffe}");

/** Whether there is more to see than the box that stands for what is missing. */
const isThere = (sign: string): boolean => look(sign) !== missing;

/** Who has one of the youngest on the list has all. */
const all = isThere("🤩");

export const isDrawn = (sign: string): boolean => all || isThere(sign);
