import type { ConstantRun } from "../wire/constant-run.js";
import type { PackReader } from "../wire/pack-reader.js";
import { TextPattern } from "../wire/text-pattern.js";
import { deliveryRun, FLOOR, PROMISE_FIELDS } from "./delivery/sending/heading.js";
import type { ChannelPromise } from "./delivery/sending/outgoing.js";

interface Known {
  readonly name: string;
  readonly epoch: number;
  readonly promise: ChannelPromise;
  /** The field `delivery` up to the sequence number. */
  readonly run: ConstantRun;
}

/**
 * Reads the field `delivery` of the envelope. A peer uses few channels, and in each nearly always one epoch, so
 * most of the field is bytes that came before: they are compared and nothing is built.
 */
export class ChannelReader {
  name = "";
  epoch = 0;
  promise: ChannelPromise = "at-least-once";
  seq = 0;
  floor = 0;
  /** Those that came last. */
  readonly #known: Known[] = [];

  /** `false`: declined. */
  read(reader: PackReader): boolean {
    const known = this.#match(reader) ?? this.#learn(reader);
    if (known === undefined) return false;
    this.name = known.name;
    this.epoch = known.epoch;
    this.promise = known.promise;
    this.seq = reader.integer();
    if (!reader.skip(FLOOR)) return false;
    this.floor = reader.integer();
    return this.seq >= 1 && this.floor >= 1;
  }

  #match(reader: PackReader): Known | undefined {
    for (const known of this.#known) if (reader.skip(known.run)) return known;
    return undefined;
  }

  #learn(reader: PackReader): Known | undefined {
    if (reader.string() !== "delivery") return undefined;
    const fieldCount = reader.mapHeader();
    if (fieldCount !== 4 && fieldCount !== 5) return undefined;
    if (reader.string() !== "channel") return undefined;
    const name = reader.matching(NAME);
    if (name === undefined || reader.string() !== "epoch") return undefined;
    const epoch = reader.integer();
    const promise = fieldCount === 4 ? "at-least-once" : readPromise(reader);
    if (!(epoch >= 1) || promise === undefined || reader.string() !== "seq") return undefined;
    const known = { name, epoch, promise, run: deliveryRun(name, epoch, promise) };
    this.#known.push(known);
    if (this.#known.length > KNOWN_MAX) this.#known.shift();
    return known;
  }
}

/** Who says what a message is not promised, in place of saying nothing, is read by the reference path. */
function readPromise(reader: PackReader): ChannelPromise | undefined {
  const field = reader.string();
  if (reader.boolean() !== true) return undefined;
  if (field === PROMISE_FIELDS["exactly-once"]) return "exactly-once";
  return field === PROMISE_FIELDS["exactly-once-while-running"]
    ? "exactly-once-while-running"
    : undefined;
}

/** As in `schema/types.schema.json`. */
const NAME = TextPattern.of("^[a-z0-9][a-z0-9._-]{0,62}$");
/** The default channels of a peer, the spread ones included. */
const KNOWN_MAX = 12;
