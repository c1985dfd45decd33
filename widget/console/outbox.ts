// The agent's replies on their way.

import { upload } from "#transfer";
import { isTemporary } from "../shared/errors";
import { unsent } from "../shared/files";
import type { Failure } from "../shared/operations";
import { body, Outbox, type Outgoing } from "../shared/outbox";
import { send } from "./connection";
import { address } from "./http";
import { get, set } from "./store";

/** How often an upload is tried again while what bars it may pass: for half a minute or more. */
const uploadTries = 6;

class Replies extends Outbox {
  get messages(): readonly Outgoing[] {
    return get().outbox;
  }

  set messages(outbox: readonly Outgoing[]) {
    set({ outbox });
  }

  flushAll(): void {
    for (const conv of new Set(this.messages.map((m) => m.conv))) this.flush(conv);
  }

  protected _canUpload(): boolean {
    return get().live;
  }

  protected _upload({ conv }: Outgoing, file: File, progress: (part: number) => void) {
    return upload(address("upload"), { conv }, file, progress);
  }

  protected _send(reply: Outgoing): boolean {
    const { conv, files, seen } = reply;
    return !unsent(files) && send({ t: "reply", conv, ...body(reply), ...(seen !== undefined && { seen }) });
  }

  /** Whoever sends once more knows what has come meanwhile. */
  override retry(cid: string): void {
    this.messages = this.messages.map((m) => (m.cid === cid ? { ...m, seen: undefined } : m));
    super.retry(cid);
  }

  /** A refused reply is the agent's to look at; an upload that failed may be tried again. */
  protected _giveUp(reply: Outgoing, { code }: Failure, tries: number): boolean {
    return !(unsent(reply.files) && isTemporary(code) && tries < uploadTries);
  }
}

export const outbox = new Replies();
