import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import type { Ended } from "../load/in-flight.js";
import { interleave } from "../load/rounds.js";
import { machine } from "../machine.js";
import { median } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type AckedServer = typeof import("../load/acked-server.js");
type AckedClient = typeof import("../load/acked-client.js");

/** Both processes run for some seconds before their code is as fast as it gets. */
const ROUNDS = { roundCount: 7, warmUpCount: 4 };
/** As many as a channel has unsettled at most. */
const IN_FLIGHT = { inFlightCount: 1024, durationMs: 1000 };

const GOALS = { acked_per_s: 300_000 } as const;

/**
 * Small messages over mutual TLS 1.3, on one connection, between two processes, each acknowledged after a
 * handler has settled it. Less than a minute.
 */
export const delivery: Suite = {
  name: "delivery",
  description: "acknowledged messages a second on one connection",
  run: runDelivery,
};

async function runDelivery(): Promise<Report> {
  using identities = await Identities.create();
  await using server = new Child<AckedServer>("acked-server");
  await using client = new Child<AckedClient>("acked-client");
  const address = await server.call("serveAcked", await identities.of("server", "controller"));
  await client.call("connectAcked", await identities.of("client"), address);
  const acked = async () => {
    const ended = await client.call("sendAcked", IN_FLIGHT);
    assertHandled(await server.call("handledSince"), ended);
    return ended.count / ended.seconds;
  };
  return reportOf(await interleave({ acked }, ROUNDS));
}

/** No connection breaks here, so no message may have come twice either. */
function assertHandled(handled: number, { count }: Ended): void {
  if (handled !== count) throw new Error(`${count} were acknowledged, and ${handled} handled`);
}

function reportOf({ acked }: Record<"acked", number[]>): Report {
  const figures = { acked_per_s: Math.round(median(acked)) };
  const rows = Object.entries(GOALS).map(([name, goal]) => {
    const value = figures[name as keyof typeof GOALS];
    return [name, String(value), String(goal), value >= goal ? "yes" : "no"];
  });
  return {
    result: { ...figures, goals: GOALS, in_flight: IN_FLIGHT.inFlightCount, machine: machine() },
    text: table(["delivery", "", "goal", "met"], rows),
  };
}
