import { Identities } from "../load/identities.js";
import type { InFlightOptions } from "../load/in-flight.js";
import { JetStream } from "../load/jet-stream.js";
import { canSyncAlways, type NatsSync, natsVersion } from "../load/nats-server.js";
import { RealFolder } from "../load/real-folder.js";
import { interleave } from "../load/rounds.js";
import { type PairIdentities, StoppedPair } from "../load/stopped-pair.js";
import { machine } from "../machine.js";
import { median, medianRatio, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

/** Processes run for some seconds before their code is as fast as it gets. */
const ROUNDS = { roundCount: 7, warmUpCount: 4 };
/** As many as a channel has unsettled at most. */
const IN_FLIGHT: InFlightOptions = { inFlightCount: 1024, durationMs: 1000 };

const GOALS: Readonly<Record<string, number>> = {
  acked_per_s: 300_000,
  exactly_once_durable_per_s: 20_000,
  exactly_once_vs_nats: 1,
};

/**
 * Small messages over mutual TLS 1.3, on one connection, between two processes, each awaited. First at-least-once:
 * acknowledged after a handler has settled it. Then exactly-once, with stores on a disk: acknowledged when what
 * the handler has written is durable, together with the record that the message was handled. Beside it NATS
 * JetStream with its files on the same disk and without TLS: published with an id by which copies are known, and
 * acknowledged twice. A minute or two.
 */
export const delivery: Suite = {
  name: "delivery",
  description:
    "acknowledged and durable messages a second on one connection, beside NATS JetStream",
  run: runDelivery,
};

async function runDelivery(): Promise<Report> {
  using identities = await Identities.create();
  const pair = {
    server: await identities.of("server", "controller"),
    client: await identities.of("client"),
  };
  using folder = new RealFolder();
  const nats = await natsVersion();
  const facts = {
    nats: nats === undefined ? NO_NATS : `${nats}, without TLS; ${DEFAULT_SYNC}`,
    store: `${folder.path} (${folder.fileSystem})`,
    in_flight: IN_FLIGHT.inFlightCount,
  };
  const figures = {
    acked_per_s: Math.round(median(await ackedRates(pair))),
    ...figuresOf(await durableRates(pair, folder.path, nats !== undefined)),
  };
  return {
    result: { ...figures, goals: GOALS, ...facts, machine: machine(), rounds: ROUNDS },
    text: textOf(figures, facts),
  };
}

const NO_NATS = "not installed: there is no nats-server on the PATH";
const DEFAULT_SYNC = "syncs by its default, after it has acknowledged";

async function ackedRates(identities: PairIdentities): Promise<number[]> {
  console.error("acknowledged");
  await using pair = new StoppedPair();
  await pair.connect(identities);
  const { acked } = await interleave(
    { acked: () => pair.rate("at-least-once", IN_FLIGHT) },
    ROUNDS,
  );
  return acked;
}

type DurableRates = { readonly durable: number[] } & { readonly [Sync in NatsSync]?: number[] };

async function durableRates(
  identities: PairIdentities,
  folder: string,
  hasNats: boolean,
): Promise<DurableRates> {
  console.error("exactly once, on disk");
  await using pair = new StoppedPair();
  await pair.connect(identities, folder);
  const durable = () => pair.rate("exactly-once", IN_FLIGHT);
  if (!hasNats) return await interleave({ durable }, ROUNDS);
  await using stream = new JetStream();
  await stream.connect(folder, "default", IN_FLIGHT.inFlightCount);
  const measures = { durable, default: () => stream.rate(IN_FLIGHT) };
  if (!(await canSyncAlways(folder))) return await interleave(measures, ROUNDS);
  await using synced = new JetStream();
  await synced.connect(folder, "always", IN_FLIGHT.inFlightCount);
  return await interleave({ ...measures, always: () => synced.rate(IN_FLIGHT) }, ROUNDS);
}

function figuresOf({ durable, ...nats }: DurableRates): Record<string, number | null> {
  const { default: usual, always } = nats;
  return {
    exactly_once_durable_per_s: Math.round(median(durable)),
    exactly_once_vs_nats: usual === undefined ? null : rounded(medianRatio(durable, usual)),
    ...(usual && { nats_default_per_s: Math.round(median(usual)) }),
    ...(always && {
      exactly_once_vs_nats_sync_always: rounded(medianRatio(durable, always)),
      nats_sync_always_per_s: Math.round(median(always)),
    }),
  };
}

function textOf(figures: Record<string, number | null>, facts: object): string {
  const measured = Object.entries(figures).map(([name, value]) => {
    const goal = GOALS[name];
    if (goal === undefined) return [name, String(value)];
    if (value === null) return [name, "not installed", String(goal)];
    return [name, String(value), String(goal), value >= goal ? "yes" : "no"];
  });
  const rows = Object.entries(facts).map(([name, value]) => [name, String(value)]);
  return [table(["delivery", "", "goal", "met"], measured), table(["", ""], rows)].join("\n");
}
