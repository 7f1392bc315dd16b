import { AckPolicy, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { unpack } from "msgpackr";
import { Arrivals } from "./arrivals.js";
import { CONSUMER, STREAM, SUBJECT } from "./nats-names.js";

const arrivals = new Arrivals();

/** Makes a stream on disk and begins to consume it, with at most `inFlightCount` not acknowledged. */
export async function consumeNats(address: string, inFlightCount: number): Promise<void> {
  const connection = await connect({ servers: address });
  const { streams, consumers } = await jetstreamManager(connection);
  await streams.add({ name: STREAM, subjects: [SUBJECT], storage: StorageType.File });
  await consumers.add(STREAM, {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: inFlightCount,
  });
  const consumer = await jetstream(connection).consumers.get(STREAM, CONSUMER);
  void consumeFor(await consumer.consume({ max_messages: inFlightCount }));
}

/** When `count` messages more than at the last time had been handled and acknowledged twice. */
export function natsHandled(count: number): Promise<number> {
  return arrivals.reached(count);
}

interface Delivered {
  readonly data: Uint8Array;
  /** Acknowledges, and settles when that has been acknowledged. */
  ackAck(): Promise<boolean>;
}

async function consumeFor(messages: AsyncIterable<Delivered>): Promise<void> {
  // Each is read, as a handler would get it; what goes wrong ends the process, and with it the benchmark.
  for await (const message of messages) {
    unpack(message.data);
    void acknowledge(message);
  }
}

async function acknowledge(message: Delivered): Promise<void> {
  if (!(await message.ackAck())) throw new Error("an acknowledgement was not acknowledged");
  arrivals.add(1);
}
