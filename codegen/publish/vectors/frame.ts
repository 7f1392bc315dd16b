import { compressSync } from "lz4-napi";
import type { Message, Protocol } from "../../model.js";
import { type BytesForm, mapHead, pack, packAny } from "./pack.js";

/** What the envelope of every vector says; any peer may send it. */
export const ENVELOPE = {
  id: "550e8400-e29b-41d4-a716-446655440000",
  timestamp: 1705075200000,
  sender: "node-1",
} as const;

/** Numbers of the protocol that a frame needs. */
interface Numbers {
  readonly magic: string;
  readonly version: { readonly major: number; readonly minor: number };
  readonly flags: Readonly<Record<"compressed" | "requires_ack" | "is_ack", number>>;
  readonly limits: {
    readonly compression_threshold_bytes: number;
    readonly compression_ratio: number;
  };
}

/** The payload of a message: an envelope around its data. */
export function payloadOf({ type, body }: Message, data: unknown, form: BytesForm): Buffer {
  const fields: readonly (readonly [string, unknown])[] = Object.entries({ type, ...ENVELOPE });
  const parts = fields.flatMap(([key, value]) => [packAny(key), packAny(value)]);
  return Buffer.concat([
    mapHead(fields.length + 1),
    ...parts,
    packAny("data"),
    pack(body, data, form),
  ]);
}

/** Makes frames of payloads, by the numbers of the protocol. */
export class Framer {
  readonly #numbers: Numbers;

  constructor({ values }: Protocol) {
    this.#numbers = values as unknown as Numbers;
  }

  /** A frame with the flags that the type asks for. */
  frame({ delivery, type }: Message, payload: Uint8Array, isCompressed = false): Buffer {
    const { flags } = this.#numbers;
    const acked = delivery === "at-most-once" ? 0 : flags.requires_ack;
    const isAck = type === "ack" ? flags.is_ack : 0;
    return this.#join(payload, acked | isAck | (isCompressed ? flags.compressed : 0));
  }

  /** The payload as LZ4 makes it smaller, or `undefined` where senders leave it as it is. */
  compressed(payload: Uint8Array): Uint8Array | undefined {
    const { compression_threshold_bytes, compression_ratio } = this.#numbers.limits;
    if (payload.byteLength <= compression_threshold_bytes) return undefined;
    const smaller = compressSync(Buffer.from(payload));
    return smaller.byteLength < compression_ratio * payload.byteLength ? smaller : undefined;
  }

  #join(payload: Uint8Array, flags: number): Buffer {
    const { magic, version } = this.#numbers;
    const rest = Buffer.alloc(8);
    rest.writeUInt8(version.major, 0);
    rest.writeUInt8(version.minor, 1);
    rest.writeUInt32BE(payload.byteLength, 2);
    rest.writeUInt16BE(flags, 6);
    return Buffer.concat([Buffer.from(magic, "hex"), rest, payload]);
  }
}
