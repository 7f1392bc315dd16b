import { setTimeout as pause } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { LatencyHistogram, type Peer } from "../index.js";
import { asClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { formatMs, print, printJson } from "./print.js";

interface PingOptions extends IdentityOptions {
  readonly count: number;
  readonly json?: true;
}

/** The command `rnp ping`: round trips to one node. */
export function pingCommand(): Command {
  return withIdentity(new Command("ping"))
    .description("measure the round trip to a node")
    .argument("<host:port>", "where the node listens")
    .option("--count <n>", "how many pings", countArgument, 4)
    .option("--json", "print a line of JSON for each ping, and a summary")
    .action((address: string, options: PingOptions) =>
      asClient(address, options, (peer) => ping(peer, options)),
    );
}

async function ping(peer: Peer, { count, json }: PingOptions): Promise<void> {
  const trips = new LatencyHistogram();
  for (let sequence = 1; sequence <= count; sequence++) {
    if (sequence > 1) await pause(INTERVAL_MS);
    const ms = await roundTripMs(peer);
    trips.record(ms);
    if (json) printJson({ event: "pong", node: peer.id, sequence, ms });
    else print(`pong from ${peer.id}: ${formatMs(ms)}`);
  }
  summarise(peer.id, trips, json === true);
}

async function roundTripMs(peer: Peer): Promise<number> {
  const sentAt = performance.now();
  await peer.ping({ timestamp: Date.now() });
  return performance.now() - sentAt;
}

function summarise(node: string, trips: LatencyHistogram, json: boolean): void {
  const p50 = trips.quantileMs(0.5) ?? 0;
  const p99 = trips.quantileMs(0.99) ?? 0;
  if (json) printJson({ event: "summary", node, count: trips.count, p50_ms: p50, p99_ms: p99 });
  else print(`\n${node}: ${trips.count} pings, p50 ${formatMs(p50)}, p99 ${formatMs(p99)}`);
}

function countArgument(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("expected a whole number above 0.");
}

const INTERVAL_MS = 200;
