import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** Which way the frames of a connection go: from the side that dialled to the one that listened, or back. */
export type Direction = "c2s" | "s2c";

/** The keys of one direction of one connection. They are objects that nothing prints. */
export interface DirectionKeys {
  readonly hmac: KeyObject;
  readonly seal: KeyObject;
}

const KEY_SIZE = 32;

/**
 * A secret of the cluster. Its text stays in here: what comes out are keys of single connections, from which it
 * cannot be told, and a name.
 */
export class LiveSecret {
  /** Names the secret and tells nothing of it: 16 hex digits. */
  readonly id: string;
  readonly #text: string;

  /** `text` is of high entropy; it is used as it stands, as UTF-8. */
  constructor(text: string) {
    this.#text = text;
    this.id = this.#derived("", "rnp secret id", 8).toString("hex");
  }

  /** `nonces`: that of the client and that of the server, in hex; empty for the greeting, which carries them. */
  keys(nonces: string, direction: Direction): DirectionKeys {
    const derived = (use: string) =>
      createSecretKey(this.#derived(nonces, `rnp ${use} v1 ${direction}`, KEY_SIZE));
    return { hmac: derived("hmac"), seal: derived("seal") };
  }

  #derived(nonces: string, info: string, size: number): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#text, Buffer.from(nonces, "hex"), info, size));
  }
}
