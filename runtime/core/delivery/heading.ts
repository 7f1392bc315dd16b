import { ConstantRun } from "../../wire/constant-run.js";
import { PackWriter } from "../../wire/pack-writer.js";
import { putInteger } from "../../wire/put.js";
import { DELIVERY_SIZE_MAX, type Heading, type Identified } from "../envelope-writer.js";
import type { ChannelIds } from "./channel-ids.js";

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
  readonly #channel: string;
  readonly #isDurable: boolean;
  readonly #ids: ChannelIds;
  #run: ConstantRun;

  constructor(channel: string, epoch: number, isDurable: boolean, ids: ChannelIds) {
    this.#channel = channel;
    this.#isDurable = isDurable;
    this.#ids = ids;
    this.#run = deliveryRun(channel, epoch, isDurable);
  }

  /** A new epoch begins. */
  restart(epoch: number): void {
    this.#run = deliveryRun(this.#channel, epoch, this.#isDurable);
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
    const afterSeq = putInteger(view, this.#run.put(view, at), this.seq);
    return putInteger(view, FLOOR.put(view, afterSeq), this.floor);
  }
}

/** The field `delivery` from its key to where the sequence number begins. */
export function deliveryRun(channel: string, epoch: number, isDurable: boolean): ConstantRun {
  const writer = new PackWriter(DELIVERY_SIZE_MAX);
  writer.string("delivery");
  writer.mapHeader(isDurable ? 5 : 4);
  writer.string("channel");
  writer.string(channel);
  writer.string("epoch");
  writer.value(epoch);
  if (isDurable) {
    writer.string("durable");
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
