// A file of a message: a picture is shown, and all can be saved.

import { useEffect, useRef, useState } from "preact/hooks";
import * as both from "#texts/both";
import * as texts from "#texts/files";
import { drawPicture, save } from "#transfer";
import { bytes } from "./bytes";

/** What a browser may show of a stranger's. */
const pictures = /^image\/(png|jpeg|gif|webp)$/;

export interface AttachedProps {
  name: string;
  type: string;
  size: number;
  /** now: somebody waits for it. */
  load(now: boolean): Promise<Blob | undefined>;
}

export function Attached({ name, type, size, load }: AttachedProps) {
  const [state, setState] = useState<"" | "busy" | "failed">("");
  const [picture, setPicture] = useState(pictures.test(type));
  const canvas = useRef<HTMLCanvasElement>(null);
  const whole = useRef<Blob | undefined>(undefined);

  const get = async (now: boolean) => (whole.current ??= await load(now));

  // A canvas, because policies of pages bar images from blob: addresses.
  useEffect(() => {
    const node = canvas.current;
    if (!node) return;
    const near = new IntersectionObserver((seen) => {
      if (!seen.some((s) => s.isIntersecting)) return;
      near.disconnect();
      get(false)
        .then((blob) => drawPicture(node, blob!))
        .catch(() => setPicture(false));
    });
    near.observe(node);
    return () => near.disconnect();
  }, []);

  const onClick = async () => {
    if (state === "busy") return;
    setState("busy");
    const blob = await get(true);
    setState(blob ? "" : "failed");
    if (blob) save(blob, name);
  };
  const shown = state === "failed" ? texts.downloadFailed : state ? both.loading : bytes(size);
  return (
    <button type="button" class="file" onClick={onClick} aria-label={texts.download(name, shown)}>
      {picture && <canvas ref={canvas} width={0} height={0} />}
      <span class="file-name" dir="auto" translate={false}>
        {name}
      </span>
      <span class="file-size" key={state} role={state === "failed" ? "alert" : undefined}>
        {shown}
      </span>
    </button>
  );
}
