import { type JetStreamClient, jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { pack } from "msgpackr";
import { monotonicMs } from "./clock.js";
import { type InFlightOptions, keepInFlight } from "./in-flight.js";
import { instanceStopped } from "./messages.js";
import { SUBJECT } from "./nats-names.js";
import type { Sent } from "./sent.js";

let stream: JetStreamClient;
let published = 0;

/** Connects to the server whose stream there is already. */
export async function connectNats(address: string): Promise<void> {
  stream = jetstream(await connect({ servers: address }));
}

/** Publishes for a while, each message with an id that no other has, with always as many not stored yet. */
export async function publishNats(options: InFlightOptions): Promise<Sent> {
  const startedAtMs = monotonicMs();
  const { count } = await keepInFlight(options, (settle) => {
    published += 1;
    const message = pack(instanceStopped(published));
    stream.publish(SUBJECT, message, { msgID: `bench-${published}` }).then(() => settle(), settle);
  });
  return { count, startedAtMs };
}
