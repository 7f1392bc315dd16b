import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import { untilDialled } from "../load/progress.js";
import { machine } from "../machine.js";
import { rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type Vitals = typeof import("../load/vitals.js");
type CrowdServer = typeof import("../load/crowd-server.js") & Vitals;
type CrowdClient = typeof import("../load/crowd-client.js");
type RawServer = typeof import("../load/hold-raw.js") & Vitals;
type RawClient = typeof import("../load/hold-raw.js");

/** Each member dials as many connections as there are members. */
const MEMBER_COUNT = 100;
const CONNECTION_COUNT = MEMBER_COUNT * MEMBER_COUNT;
/** Longer than it takes for a silent member to be suspect, then dead, and for its death to be told. */
const HOLD_MS = 40_000;
/** After their client was killed, connections that are still there then stay. */
const CLEAN_UP_MS = 20_000;

/**
 * One node that holds 10,000 connections of 100 members, each with a certificate of its own, that send
 * heartbeats over all of them at the pace of the specification; the node sends its own to each member. Its
 * memory is compared with that of a server that holds as many bare TLS connections. Two or three minutes.
 */
export const connections: Suite = {
  name: "connections",
  description: "10,000 connections held by one process, beside raw TLS",
  run: runConnections,
};

async function runConnections(): Promise<Report> {
  using identities = await Identities.create();
  const ours = await holdOurs(identities);
  const raw = await holdRaw(identities);
  const figures = {
    kb_each_vs_raw_tls: rounded(ours.kbEach / raw.kbEach),
    kb_each: rounded(ours.kbEach),
    raw_tls_kb_each: rounded(raw.kbEach),
    ...ours.figures,
    raw_tls_connections: raw.connections,
    raw_tls_accept_per_s: raw.acceptPerSecond,
    raw_tls_server_cpu_ms_per_accept: raw.cpuMsPerAccept,
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return { result: { ...figures, machine: machine() }, text: table(["connections", ""], rows) };
}

async function holdOurs(identities: Identities) {
  await using server = new Child<CrowdServer>("crowd-server", "vitals");
  await using client = new Child<CrowdClient>("crowd-client");
  const address = await server.call("serveCrowd", await identities.of("node"));
  const members = await identities.members(MEMBER_COUNT);
  const crowd = { identities: members, connectionCount: MEMBER_COUNT, address };
  const held = await hold(server, client, () => client.call("startCrowd", crowd));

  console.error(`holding them for ${HOLD_MS / 1000} s`);
  const before = await server.call("heartbeats");
  await server.call("watchEventLoop");
  await sleep(HOLD_MS);
  const eventLoopP99Ms = await server.call("eventLoopP99Ms");
  const { received } = await server.call("heartbeats");
  const figures = {
    connections: held.connections,
    false_suspects: await server.call("suspicions"),
    event_loop_p99_ms: rounded(eventLoopP99Ms),
    accept_per_s: held.acceptPerSecond,
    server_cpu_ms_per_accept: held.cpuMsPerAccept,
    failed_dials: held.failed,
    heartbeats_in_per_s: rounded(((received - before.received) * 1000) / HOLD_MS),
    ...(await cleanUp(server, client)),
  };
  return { kbEach: held.kbEach, figures };
}

async function holdRaw(identities: Identities) {
  await using server = new Child<RawServer>("hold-raw", "vitals");
  await using client = new Child<RawClient>("hold-raw");
  const paths = await identities.of("raw");
  const port = await server.call("serveHold", paths);
  const start = () => client.call("startHolding", paths, port, CONNECTION_COUNT);
  return await hold(server, client, start);
}

/** Has the client connect, and looks at what it costs the server. */
async function hold(
  server: Pick<Child<Vitals>, "call">,
  client: Parameters<typeof untilDialled>[0],
  start: () => Promise<void>,
) {
  const before = { kb: await server.call("memoryKb"), cpu: await server.call("cpuSeconds") };
  await start();
  const { seconds, failed } = await untilDialled(client, CONNECTION_COUNT);
  const cpu = (await server.call("cpuSeconds")) - before.cpu;
  const connections = await server.call("connectionCount");
  return {
    connections,
    failed,
    kbEach: ((await server.call("memoryKb")) - before.kb) / connections,
    acceptPerSecond: Math.round(CONNECTION_COUNT / seconds),
    cpuMsPerAccept: rounded((cpu * 1000) / CONNECTION_COUNT),
  };
}

/** Kills the client, and waits until the server holds nothing of it any more. */
async function cleanUp(
  server: Pick<Child<Vitals>, "call">,
  client: Pick<Child<CrowdClient>, "kill">,
): Promise<{ cleaned_up: boolean; clean_up_ms: number }> {
  await client.kill();
  const startedAt = performance.now();
  for (;;) {
    const left = await server.call("connectionCount");
    const clean_up_ms = Math.round(performance.now() - startedAt);
    if (left === 0) return { cleaned_up: true, clean_up_ms };
    if (clean_up_ms > CLEAN_UP_MS) return { cleaned_up: false, clean_up_ms };
    await sleep(20);
  }
}
