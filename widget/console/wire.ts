// The connection of the agent who is signed in; there is none before.

import { Connection, type Listener } from "./connection";
import type { FromDesk } from "./frames";
import { socketURL } from "./http";

let connection: Connection | undefined;

export function connect(listener: Listener): void {
  connection?.close();
  connection = new Connection(socketURL(), listener);
}

export function disconnect(): void {
  connection?.close();
  connection = undefined;
}

/** False where the frame could not be handed over, since the connection is down. */
export const send = (frame: FromDesk): boolean => connection?.send(frame) ?? false;

export const wake = (): void => connection?.wake();
