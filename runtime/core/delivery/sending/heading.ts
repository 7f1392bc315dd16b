import { ConstantRun } from "../../../wire/constant-run.js";
import { PackWriter } from "../../../wire/pack-writer.js";
import { putInteger } from "../../../wire/put.js";
import { DELIVERY_SIZE_MAX, type Heading, type Identified } from "../../envelope-writer.js";
import type { ChannelIds } from "./channel-ids.js";
import type { ChannelPromise } from "./outgoing.js";

/**
 * The envelope fields of the messages of one channel. There is one for all of them, filled in anew for each
 * message: what is the same in all of an epoch is encoded once.
 */
export class ChannelHeading implements Heading, Identified {
  meta: Readonly<Record<string, string>> | undefined;
  /** The count in the message's id. */
  count = 0;
  seq = 0;
  floor = 1;
  /** Whether it may run only once as long as the receiver runs. All of a durable channel says more than that. */
  isOnce = false;
  readonly #channel: string;
  readonly #isDurable: boolean;
  readonly #ids: ChannelIds;
  #epoch: number;
  #run: ConstantRun;
  /** Made for the first message that `isOnce`: most channels never have one. */
  #onceRun: ConstantRun | undefined;

  constructor(channel: string, epoch: number, isDurable: boolean, ids: ChannelIds) {
    this.#channel = channel;
    this.#isDurable = isDurable;
    this.#ids = ids;
    this.#epoch = epoch;
    this.#run = this.#plainRun();
  }

  /** A new epoch begins. */
  restart(epoch: number): void {
    this.#epoch = epoch;
    this.#run = this.#plainRun();
    this.#onceRun = undefined;
  }

  /** The message is named by itself; see `Identified`. */
  get own(): Identified {
    return this;
  }

  get delivery(): ChannelHeading {
    return this;
  }

  putId(view: DataView, at: number): number {
    return this.#ids.put(view, at, this.count);
  }

  /** Puts the field `delivery` at `at` and returns the offset behind it. */
  putDelivery(view: DataView, at: number): number {
    const run = this.isOnce ? this.#runOnce() : this.#run;
    const afterSeq = putInteger(view, run.put(view, at), this.seq);
    return putInteger(view, FLOOR.put(view, afterSeq), this.floor);
  }

  #plainRun(): ConstantRun {
    const promise = this.#isDurable ? "exactly-once" : "at-least-once";
    return deliveryRun(this.#channel, this.#epoch, promise);
  }

  #runOnce(): ConstantRun {
    this.#onceRun ??= deliveryRun(this.#channel, this.#epoch, "exactly-once-while-running");
    return this.#onceRun;
  }
}

/** The field that says of a message in a channel what it is promised; the least is said by none. */
export const PROMISE_FIELDS: Readonly<Record<ChannelPromise, string | undefined>> = {
  "at-least-once": undefined,
  "exactly-once-while-running": "once",
  "exactly-once": "durable",
};

/** The field `delivery` from its key to where the sequence number begins. */
export function deliveryRun(channel: string, epoch: number, promise: ChannelPromise): ConstantRun {
  const writer = new PackWriter(DELIVERY_SIZE_MAX);
  const field = PROMISE_FIELDS[promise];
  writer.string("delivery");
  writer.mapHeader(field === undefined ? 4 : 5);
  writer.string("channel");
  writer.string(channel);
  writer.string("epoch");
  writer.value(epoch);
  if (field !== undefined) {
    writer.string(field);
    writer.boolean(true);
  }
  writer.string("seq");
  return new ConstantRun(writer.bytes());
}

/** What follows the sequence number: the key of the floor. */
export const FLOOR: ConstantRun = floorRun();

function floorRun(): ConstantRun {
  const writer = new PackWriter(16);
  writer.string("floor");
  return new ConstantRun(writer.bytes());
}
