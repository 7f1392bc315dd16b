import { percentile, rounded } from "../statistics.js";
import type { Child } from "./child.js";
import type { OneWay } from "./rows-client.js";

/** The two processes of the suite `latency`. */
export interface Sides {
  readonly server: Child<typeof import("./rows-server.js")>;
  readonly client: Child<typeof import("./rows-client.js")>;
}

/** One line of the specification's table. */
interface Row {
  readonly message: string;
  /** What the 99th percentile has to stay below. */
  readonly targetMs: number;
  /** What exactly is timed. */
  readonly timed: string;
  /** How many are timed, as a rule. */
  readonly count: number;
  readonly times: (sides: Sides, count: number) => Promise<number[]>;
}

/** What was measured for it. */
export interface RowResult {
  readonly message: string;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly target_ms: number;
  /** Whether `p99_ms` is below `target_ms`. */
  readonly met: boolean;
  readonly timed: string;
  readonly samples: number;
}

const ROWS: readonly Row[] = [
  {
    message: "PING/PONG",
    targetMs: 1,
    timed: "ping until its answer",
    count: 3000,
    times: ({ client }, count) => client.call("pingTimes", count),
  },
  {
    message: "HEARTBEAT",
    targetMs: 5,
    timed: "heartbeat until its handler has run",
    count: 1000,
    times: oneWay("heartbeat"),
  },
  {
    message: "GOSSIP",
    targetMs: 10,
    timed: "gossip.announce and gossip.leave in turn until the member table has changed",
    count: 1000,
    times: oneWay("gossip"),
  },
  {
    message: "RESOURCE.STATUS",
    targetMs: 20,
    timed: "resource.status until its handler has run",
    count: 1000,
    times: oneWay("resource.status"),
  },
  {
    message: "INSTANCE.CREATE",
    targetMs: 50,
    timed:
      "instance.create at an agent until instance.started; its default is to watch the new process for 20 ms",
    count: 100,
    times: ({ client }, count) => client.call("createTimes", count),
  },
  {
    message: "FS.WRITE (1MB)",
    targetMs: 100,
    timed: "fs.write and fs.replicate of 1 MiB at an agent until it is verified and on disk",
    count: 100,
    times: ({ client }, count) => client.call("writeTimes", count),
  },
];

/** Times all lines of the table, a `share` (0 to 1) of the usual number of times. */
export async function timeRows(sides: Sides, share: number): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const row of ROWS) {
    const count = Math.ceil(row.count * share);
    await row.times(sides, Math.ceil(count / 10));
    results.push(resultOf(row, await row.times(sides, count)));
  }
  return results;
}

/** The times of messages without an answer: both sides look at the same clock. */
function oneWay(kind: OneWay): Row["times"] {
  return async ({ client, server }, count) => {
    await server.call("forgetHandled");
    const sentAtMs = await client.call("sendPaced", kind, count);
    const handledAtMs = await server.call("handledTimes", count);
    return handledAtMs.map((atMs, index) => atMs - sentAtMs[index]!);
  };
}

function resultOf({ message, targetMs, timed }: Row, times: readonly number[]): RowResult {
  const p99 = percentile(times, 0.99);
  return {
    message,
    p50_ms: rounded(percentile(times, 0.5)),
    p99_ms: rounded(p99),
    p999_ms: rounded(percentile(times, 0.999)),
    target_ms: targetMs,
    met: p99 < targetMs,
    timed,
    samples: times.length,
  };
}
