import { MESSAGES } from "../../generated/dispatch.js";
import { acceptEnvelope, type Envelope } from "../../generated/envelope.js";
import { decompress } from "../wire/compression.js";
import { decodeReference } from "../wire/decode-reference.js";
import { WireFault } from "../wire/fault.js";
import { FrameReader } from "../wire/frame-reader.js";
import {
  FLAG_COMPRESSED,
  FLAG_ENCRYPTED,
  FLAG_IS_ACK,
  FLAG_REQUIRES_ACK,
  HEADER_SIZE,
} from "../wire/header.js";

/** One frame as `rnp decode` shows it. */
export interface DecodedFrame {
  /** Where its header begins. */
  readonly offset: number;
  /** Of the payload as it came, in bytes. */
  readonly size: number;
  readonly flags: readonly string[];
  readonly message?: Envelope;
  /** What is wrong with it; a fault of the header ends the decoding. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Reads frames until the bytes end or can no longer be told apart. */
export function decodeFrames(bytes: Uint8Array): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  let offset = 0;
  try {
    new FrameReader().push(bytes, (flags, chunk, from, to) => {
      const payload = chunk.subarray(from, to);
      frames.push({ offset, size: payload.length, flags: namesOf(flags), ...read(flags, payload) });
      offset += HEADER_SIZE + payload.length;
    });
  } catch (thrown) {
    frames.push({ offset, size: 0, flags: [], error: faultOf(thrown) });
    return frames;
  }
  const rest = bytes.length - offset;
  if (rest > 0) frames.push({ offset, size: rest, flags: [], error: cutOff(rest) });
  return frames;
}

function read(flags: number, payload: Uint8Array): Pick<DecodedFrame, "message" | "error"> {
  if ((flags & FLAG_ENCRYPTED) !== 0) {
    return { error: { code: "UNSUPPORTED", message: "the payload is encrypted" } };
  }
  let message: Envelope | undefined;
  try {
    const plain = (flags & FLAG_COMPRESSED) === 0 ? payload : decompress(payload);
    message = acceptEnvelope(decodeReference(plain));
    return { message: { ...message, data: dataOf(message) } };
  } catch (thrown) {
    return { ...(message === undefined ? {} : { message }), error: faultOf(thrown) };
  }
}

function dataOf({ type, data }: Envelope): Envelope["data"] {
  const known = MESSAGES.get(type);
  if (known === undefined) {
    throw new WireFault("PROTOCOL_ERROR", `the message type "${type}" is not known`);
  }
  return known.accept(data) as Envelope["data"];
}

function faultOf(thrown: unknown): { code: string; message: string } {
  if (thrown instanceof WireFault) return { code: thrown.code, message: thrown.message };
  throw thrown;
}

function cutOff(rest: number): { code: string; message: string } {
  return { code: "PROTOCOL_ERROR", message: `the bytes end inside a frame, after ${rest} of it` };
}

function namesOf(flags: number): string[] {
  return FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}

const FLAG_NAMES = [
  [FLAG_COMPRESSED, "compressed"],
  [FLAG_ENCRYPTED, "encrypted"],
  [FLAG_REQUIRES_ACK, "requires-ack"],
  [FLAG_IS_ACK, "is-ack"],
] as const;
