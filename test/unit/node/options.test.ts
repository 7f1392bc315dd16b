import { expect, it } from "vitest";
import { connectionTimingOf, networkOf } from "../../../runtime/node/options.js";

const identity = { cert: "", key: "", ca: "" };

it.each([
  [60, 60_000, 10_000],
  [0.3, 300, 300],
])("with a keepalive of %d s a peer is gone after %d ms of silence and %d more", (s, ms, more) => {
  const network = networkOf({ identity, network: { keepalive_interval_seconds: s } });
  const timing = connectionTimingOf(network);
  expect([timing.keepaliveIntervalMs, timing.keepalivePatienceMs]).toEqual([ms, more]);
});

it("has the sizes of the specification unless told otherwise", () => {
  expect(networkOf({ identity, network: { data_pool_size: 2 } })).toMatchObject({
    control_pool_size: 4,
    peer_pool_size: 2,
    data_pool_size: 2,
    max_connections: 1000,
    idle_timeout_seconds: 300,
    keepalive_interval_seconds: 60,
  });
});
