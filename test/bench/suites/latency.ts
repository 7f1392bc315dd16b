import { join } from "node:path";
import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import { type RowResult, type Sides, timeRows } from "../load/latency-rows.js";
import { pingsBesideEchoes } from "../load/pings-beside-echoes.js";
import { wireSizes } from "../load/wire-sizes.js";
import { machine } from "../machine.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type RawEcho = typeof import("../load/raw-echo.js");
type Server = typeof import("../load/rows-server.js") & RawEcho;
type Client = typeof import("../load/rows-client.js") & RawEcho;

/** Chunks of the bulk transfer that are under way at any time: as many as `writeFile` has. */
const BULK_IN_FLIGHT = 4;
/** Beside it everything takes longer, so fewer are timed. */
const LOADED_SHARE = 1 / 3;

/**
 * How long single messages take over mutual TLS 1.3 between two processes: pings beside as many bytes that
 * bare TLS echoes in the same two processes, and each line of the specification's table, on an idle machine
 * and beside a bulk transfer that takes all there is.
 */
export const latency: Suite = {
  name: "latency",
  description: "single messages: ping beside a raw TLS echo, and the specification's table",
  run: runLatency,
};

async function runLatency(): Promise<Report> {
  using identities = await Identities.create();
  const node = await identities.of("node");
  const client = await identities.of("client");
  const director = await identities.of("director", "controller");
  const controller = await identities.of("controller", "controller");
  const agent = await identities.of("agent");
  const sizes = await wireSizes(node, client);
  await using serverSide = new Child<Server>("rows-server", "raw-echo");
  await using clientSide = new Child<Client>("rows-client", "raw-echo");
  const sides = { server: serverSide, client: clientSide } as unknown as Sides;

  const folder = join(identities.folder, "agent");
  const addresses = await serverSide.call("serveRows", { controller, node, agent }, folder);
  await clientSide.call("connectRows", { client, director }, addresses);
  const port = await serverSide.call("serveEcho", node, sizes);
  await clientSide.call("connectEcho", client, port, sizes);

  const ping = await pingsBesideEchoes(
    (count) => clientSide.call("pingTimes", count),
    (count) => clientSide.call("echoTimes", count),
  );
  const rows = await timeRows(sides, 1);
  await clientSide.call("startBulk", BULK_IN_FLIGHT);
  const startedAt = performance.now();
  const loaded_rows = await timeRows(sides, LOADED_SHARE);
  const seconds = (performance.now() - startedAt) / 1000;
  const bulk_mb_per_s = Math.round((await clientSide.call("stopBulk")) / seconds);
  const figures = { ...ping, ping_wire_bytes: sizes, rows, loaded_rows, bulk_mb_per_s };
  return { result: { ...figures, machine: machine() }, text: textOf(figures) };
}

interface Figures {
  readonly rows: readonly RowResult[];
  readonly loaded_rows: readonly RowResult[];
}

function textOf({ rows, loaded_rows, ...figures }: Figures): string {
  const numbers = Object.entries(figures).filter(([, value]) => typeof value === "number");
  return [
    table(
      ["ping, one at a time", ""],
      numbers.map(([name, value]) => [name, String(value)]),
    ),
    rowsText("idle", rows),
    rowsText("beside a bulk transfer", loaded_rows),
  ].join("\n\n");
}

function rowsText(title: string, rows: readonly RowResult[]): string {
  return table(
    [title, "p50 ms", "p99 ms", "p99.9 ms", "target", "met"],
    rows.map(({ message, p50_ms, p99_ms, p999_ms, target_ms, met }) => [
      message,
      ...[p50_ms, p99_ms, p999_ms].map((ms) => ms.toFixed(3)),
      String(target_ms),
      met ? "yes" : "no",
    ]),
  );
}
