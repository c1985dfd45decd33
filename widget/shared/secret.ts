/** A client id: 128 random bits, where crypto.randomUUID may be missing (plain HTTP). */
export const clientID = (): string => hex(16);

/** What nobody can guess: 192 random bits. */
export const secret = (): string => hex(24);

function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
