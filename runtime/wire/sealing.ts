import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { WireFault } from "./fault.js";
import { MAGIC, VERSION_MAJOR, VERSION_MINOR } from "./header.js";

/*
 * A sealed payload is one MessagePack bin: nonce (12), ciphertext, tag (16), with AES-256-GCM. The nonce is four
 * zeros and the number of the frame in its direction, so that none is used twice with a key, and none comes again
 * unnoticed. Magic, version and flags of the header are under the tag too.
 */

const CIPHER = "aes-256-gcm";
const NONCE_SIZE = 12;
const TAG_SIZE = 16;
const OVERHEAD_SIZE = NONCE_SIZE + TAG_SIZE;

/** The sealed form of the payload in `pieces`, in memory of its own. */
export function seal(
  key: KeyObject,
  counter: number,
  flags: number,
  pieces: readonly Uint8Array[],
): Buffer {
  const nonce = nonceOf(counter);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_SIZE });
  cipher.setAAD(headerOf(flags));
  const sealed = pieces.map((piece) => cipher.update(piece));
  cipher.final(); // Which gives nothing, but makes the tag.
  const size = pieces.reduce((sum, { length }) => sum + length, OVERHEAD_SIZE);
  return Buffer.concat([binHead(size), nonce, ...sealed, cipher.getAuthTag()]);
}

/**
 * The payload in a sealed one, in memory of its own.
 *
 * @throws WireFault `REPLAY_DETECTED` where it is the frame of another place, `AUTH_FAILED` where it was not sealed
 *   with `key`, `PROTOCOL_ERROR` where it is none
 */
export function unseal(
  key: KeyObject,
  counter: number,
  flags: number,
  payload: Uint8Array,
): Uint8Array {
  const content = contentOf(payload);
  const [nonce, tag] = [content.subarray(0, NONCE_SIZE), content.subarray(-TAG_SIZE)];
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_SIZE });
  decipher.setAAD(headerOf(flags));
  decipher.setAuthTag(tag);
  const plain = decipher.update(content.subarray(NONCE_SIZE, -TAG_SIZE));
  try {
    decipher.final();
  } catch {
    throw new WireFault(
      "AUTH_FAILED",
      "a sealed frame was not sealed with the key of this connection",
    );
  }
  if (!nonceOf(counter).equals(nonce)) {
    throw new WireFault(
      "REPLAY_DETECTED",
      `a sealed frame is not the one that is due, number ${counter}`,
    );
  }
  return plain;
}

function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(NONCE_SIZE);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  return nonce;
}

function headerOf(flags: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(MAGIC);
  header.writeUInt8(VERSION_MAJOR, 4);
  header.writeUInt8(VERSION_MINOR, 5);
  header.writeUInt16BE(flags, 6);
  return header;
}

function binHead(size: number): Buffer {
  if (size < 0x100) return Buffer.of(0xc4, size);
  if (size < 0x1_0000) return Buffer.of(0xc5, size >> 8, size & 0xff);
  const head = Buffer.of(0xc6, 0, 0, 0, 0);
  head.writeUInt32BE(size, 1);
  return head;
}

/** What the bin holds that is all of `payload`. */
function contentOf(payload: Uint8Array): Uint8Array {
  const sizeSize = [0xc4, 0xc5, 0xc6].indexOf(payload[0]!);
  const head = 1 + 2 ** sizeSize;
  let size = 0;
  for (let at = 1; at < head; at++) size = size * 0x100 + (payload[at] ?? 0);
  if (sizeSize >= 0 && head + size === payload.length && size > OVERHEAD_SIZE) {
    return payload.subarray(head);
  }
  const expected = `one bin of at least ${OVERHEAD_SIZE + 1} bytes`;
  const details = { expected, got: "something else" };
  throw new WireFault("PROTOCOL_ERROR", `sealed payload: expected ${expected}`, details);
}
