// Draws pictures of agents, where there are any. Not by an img element, which the
// page's policy may bar: our own addresses may be asked by fetch in any case.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Host, hostKey } from "../shared/host";
import { bring } from "../shared/part";
import css from "./picture.css";

const host = (window as unknown as { [hostKey]: Host })[hostKey];

/** The side of a picture as it is drawn, in pixels: that of an avatar on a fine screen. */
const side = 84;

const known = new Map<string, Promise<ImageBitmap>>();

function load(name: string): Promise<ImageBitmap> {
  let picture = known.get(name);
  if (!picture) {
    picture = fetch(`${location.origin}${host.config.path}/face?v=${name}`).then(async (answer) => {
      if (!answer.ok) throw answer.status;
      return createImageBitmap(await answer.blob());
    });
    known.set(name, picture);
    picture.catch(() => known.delete(name)); // it may be had the next time
  }
  return picture;
}

/** Covers the initials, once it is there. */
function Picture({ name }: { name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  useEffect(() => {
    load(name).then(
      (picture) => {
        if (!canvas.current) return;
        // The middle of what is not square.
        const cut = Math.min(picture.width, picture.height);
        const [x, y] = [(picture.width - cut) / 2, (picture.height - cut) / 2];
        const context = canvas.current.getContext("2d")!;
        context.imageSmoothingQuality = "high";
        context.drawImage(picture, x, y, cut, cut, 0, 0, side, side);
        setDrawn(true);
      },
      () => {},
    );
  }, [name]);
  return <canvas ref={canvas} width={side} height={side} class="face" hidden={!drawn} />;
}

const part = { Picture };

export type PicturePart = typeof part;

bring("picture", part, css);
