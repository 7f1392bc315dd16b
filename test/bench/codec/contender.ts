import type { BenchMessage, Payload } from "./messages.js";

/** One way of carrying messages. It is set up once for all of them, as an application would. */
export interface Contender {
  /** As in the results: `encode_vs_NAME`. */
  readonly name: string;
  /** Sets up everything that one message type needs more than once. */
  prepare(message: BenchMessage): Codec;
}

/** A contender at work on one message. */
export interface Codec {
  /** The message as this contender writes it, without a frame around it. */
  readonly bytes: Uint8Array;
  /** Encodes once. Gives back a number that depends on the result, so that no work can be left out. */
  readonly encode: (() => number) | undefined;
  /** Decodes once. The number is as for `encode`. */
  readonly decode: () => number;
  /** What `encode` is given, in the terms of this contender. */
  readonly value: unknown;
  /** What `decode` reads, in the terms of `value`. It may have more fields: those have defaults. */
  decoded(): unknown;
}

/** Something of a decoded envelope, for `Codec.decode` to give back. */
export function digestOf(envelope: Pick<Payload, "timestamp" | "sender">): number {
  return envelope.timestamp + envelope.sender.length;
}
