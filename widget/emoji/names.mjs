// Writes emoji/LANGUAGE.txt: what the emoji of list.json are called, a line for each,
// by the annotations of CLDR. Its keywords are left out: they would cost whoever opens
// the picker as many bytes again. After a change of the list, in widget:
//
//	npm pack cldr-annotations-full && tar xzf cldr-annotations-full-*.tgz
//	node emoji/names.mjs package/annotations
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const list = JSON.parse(readFileSync(new URL("list.json", here), "utf8"))
  .join(" ")
  .split(" ");

for (const file of readdirSync(new URL("../texts", here))) {
  if (!file.endsWith(".json")) continue;
  const language = file.replace(".json", "");
  const source = `${process.argv[2]}/${{ nb: "no" }[language] ?? language}/annotations.json`;
  const all = JSON.parse(readFileSync(source, "utf8")).annotations.annotations;
  const names = list.map((emoji) => (all[emoji.replace("\ufe0f", "")] ?? all[emoji]).tts[0]);
  writeFileSync(new URL(`${language}.txt`, here), names.join("\n") + "\n");
}
