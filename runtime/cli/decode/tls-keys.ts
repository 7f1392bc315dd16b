import { createDecipheriv, createHmac } from "node:crypto";

/** A cipher suite of TLS 1.3, by the names that Node has for its parts. */
export interface Suite {
  readonly cipher: "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
  readonly hash: "sha256" | "sha384";
  readonly keySize: number;
}

/** The suites of RFC 8446 that this protocol allows. */
export const SUITES: Readonly<Record<number, Suite>> = {
  4865: { cipher: "aes-128-gcm", hash: "sha256", keySize: 16 },
  4866: { cipher: "aes-256-gcm", hash: "sha384", keySize: 32 },
  4867: { cipher: "chacha20-poly1305", hash: "sha256", keySize: 32 },
};

const [NONCE_SIZE, TAG_SIZE] = [12, 16];

/** Opens the records of one direction that are sealed with one secret, one after the other (RFC 8446, 5.2). */
export class RecordKeys {
  readonly #suite: Suite;
  readonly #secret: Buffer;
  readonly #key: Buffer;
  readonly #nonce: Buffer;
  #count = 0n;

  constructor(suite: Suite, secret: Buffer) {
    this.#suite = suite;
    this.#secret = secret;
    this.#key = expandLabel(suite, secret, "key", suite.keySize);
    this.#nonce = expandLabel(suite, secret, "iv", NONCE_SIZE);
  }

  /** What is in a record, or `undefined` where it was sealed with another secret. */
  open(head: Uint8Array, sealed: Uint8Array): Buffer | undefined {
    const body = sealed.subarray(0, -TAG_SIZE);
    const options = { authTagLength: TAG_SIZE };
    // Node's types tell the ciphers apart by name, though all three are used alike.
    const cipher = this.#suite.cipher as "aes-128-gcm";
    const decipher = createDecipheriv(cipher, this.#key, this.#nonceNow(), options);
    decipher.setAAD(head);
    decipher.setAuthTag(sealed.subarray(-TAG_SIZE));
    try {
      const opened = Buffer.concat([decipher.update(body), decipher.final()]);
      this.#count += 1n;
      return opened;
    } catch {
      return undefined;
    }
  }

  /** The keys that follow once a side has said that it changes them. */
  next(): RecordKeys {
    const { length } = this.#secret;
    return new RecordKeys(
      this.#suite,
      expandLabel(this.#suite, this.#secret, "traffic upd", length),
    );
  }

  #nonceNow(): Buffer {
    const nonce = Buffer.from(this.#nonce);
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#count, 4);
    return nonce;
  }
}

/** HKDF-Expand-Label of RFC 8446, 7.1, without a context. */
function expandLabel({ hash }: Suite, secret: Buffer, label: string, size: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const head = Buffer.of(size >> 8, size & 0xff, name.length);
  const info = Buffer.concat([head, name, Buffer.of(0)]);
  // No key is longer than one block of the hash.
  const block = createHmac(hash, secret).update(info).update(Buffer.of(1)).digest();
  return block.subarray(0, size);
}
