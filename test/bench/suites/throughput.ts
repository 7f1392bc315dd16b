import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import type { Ended } from "../load/in-flight.js";
import type { EchoSizes } from "../load/raw-echo.js";
import { interleave } from "../load/rounds.js";
import { perSecond } from "../load/sent.js";
import { wireSizes } from "../load/wire-sizes.js";
import { machine } from "../machine.js";
import { median, medianRatio, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type RnpServer = typeof import("../load/rnp-server.js");
type RnpClient = typeof import("../load/rnp-client.js");
type GrpcServer = typeof import("../load/grpc-server.js");
type GrpcClient = typeof import("../load/grpc-client.js");
type RawEcho = typeof import("../load/raw-echo.js");

/** About a minute. */
const ROUNDS = { roundCount: 7, warmUpCount: 2 };
const DURATION_MS = 800;
const FEW = { inFlightCount: 64, durationMs: DURATION_MS };
const MANY = { inFlightCount: 256, durationMs: DURATION_MS };

/**
 * Small messages over mutual TLS 1.3, on one connection, between two processes: ours, gRPC with messages of
 * the same fields, and for comparison bare TLS that echoes as many bytes as a ping and its answer have.
 */
export const throughput: Suite = {
  name: "throughput",
  description: "one-way messages and requests a second on one connection, beside grpc-js",
  run: runThroughput,
};

async function runThroughput(): Promise<Report> {
  using identities = await Identities.create();
  const [server, client] = [await identities.of("server"), await identities.of("client")];
  const sizes = await wireSizes(server, client);
  await using rnpServer = new Child<RnpServer>("rnp-server");
  await using rnpClient = new Child<RnpClient>("rnp-client");
  await using grpcServer = new Child<GrpcServer>("grpc-server");
  await using grpcClient = new Child<GrpcClient>("grpc-client");
  await using rawServer = new Child<RawEcho>("raw-echo");
  await using rawClient = new Child<RawEcho>("raw-echo");
  await rnpClient.call("joinRnp", client, await rnpServer.call("serveRnp", server));
  await grpcClient.call("connectGrpc", client, await grpcServer.call("serveGrpc", server));
  const port = await rawServer.call("serveEcho", server, sizes);
  await rawClient.call("connectEcho", client, port, sizes);

  const measures = {
    one_way: async () => {
      const sent = await rnpClient.call("sendHeartbeats", DURATION_MS);
      return perSecond(sent, await rnpServer.call("heartbeatsHandled", sent.count));
    },
    grpc_one_way: async () => {
      const sent = await grpcClient.call("streamHeartbeats", DURATION_MS);
      return perSecond(sent, await grpcServer.call("grpcHeartbeatsHandled", sent.count));
    },
    request: async () => rateOf(await rnpClient.call("pingInFlight", FEW)),
    request_256: async () => rateOf(await rnpClient.call("pingInFlight", MANY)),
    grpc_request: async () => rateOf(await grpcClient.call("grpcPingInFlight", FEW)),
    grpc_request_256: async () => rateOf(await grpcClient.call("grpcPingInFlight", MANY)),
    raw_echo: async () => rateOf(await rawClient.call("echoInFlight", FEW)),
    raw_echo_256: async () => rateOf(await rawClient.call("echoInFlight", MANY)),
  };
  return reportOf(await interleave(measures, ROUNDS), sizes);
}

function rateOf({ count, seconds }: Ended): number {
  return count / seconds;
}

type Measured = Record<
  `${"" | "grpc_"}${"one_way" | "request" | "request_256"}` | "raw_echo" | "raw_echo_256",
  number[]
>;

function reportOf(measured: Measured, sizes: EchoSizes): Report {
  const speeds = Object.entries(measured).map(
    ([name, values]) => [`${name}_per_s`, Math.round(median(values))] as const,
  );
  const { one_way, grpc_one_way, request, grpc_request, request_256, grpc_request_256 } = measured;
  const figures = {
    one_way_vs_grpc: rounded(medianRatio(one_way, grpc_one_way)),
    request_vs_grpc: rounded(medianRatio(request, grpc_request)),
    request_256_vs_grpc: rounded(medianRatio(request_256, grpc_request_256)),
    ...Object.fromEntries(speeds),
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return {
    result: { ...figures, ping_wire_bytes: sizes, machine: machine(), rounds: ROUNDS },
    text: table(["throughput", ""], rows),
  };
}
