import { describe, expect, it } from "vitest";
import { missingTypes, sumTraffic } from "../../../runtime/cli/up/traffic.js";
import { LatencyHistogram, type TypeReport } from "../../../runtime/index.js";

function reportOf(sent: number, received: number, ...latenciesMs: number[]): TypeReport {
  const histogram = new LatencyHistogram();
  for (const ms of latenciesMs) histogram.record(ms);
  const latency = histogram.toJSON();
  return { sent, received, p50Ms: undefined, p99Ms: undefined, latency };
}

function rowOf(type: string, ...members: Record<string, TypeReport>[]) {
  return sumTraffic(members).find((row) => row.type === type)!;
}

describe("the traffic of all members", () => {
  it("is added up by type, with a row for every type of the protocol", () => {
    const rows = sumTraffic([{ ping: reportOf(2, 1) }, { ping: reportOf(1, 2) }, {}]);
    expect(rows.find(({ type }) => type === "ping")).toMatchObject({ sent: 3, received: 3 });
    expect(rows.find(({ type }) => type === "error")).toMatchObject({ sent: 0, received: 0 });
  });

  it("takes the latency of a request from those who sent it: the others know only its age", () => {
    const { p50Ms, p99Ms } = rowOf(
      "ping",
      { ping: reportOf(2, 0, 8, 8) },
      { ping: reportOf(0, 2, 1, 1) },
    );
    expect(p50Ms).toBeCloseTo(8, 0);
    expect(p99Ms).toBeCloseTo(8, 0);
  });

  it("gives the age of messages that nobody answers in whole milliseconds", () => {
    const announced = { "gossip.announce": reportOf(0, 3, 0, 0, 2) };
    expect(rowOf("gossip.announce", announced)).toMatchObject({ p50Ms: 0, p99Ms: 2 });
  });

  it("says which types should have been received and were not", () => {
    const missing = missingTypes(sumTraffic([{ ping: reportOf(1, 1) }]), 2);
    expect(missing).toContain("pong");
    expect(missing).not.toContain("ping");
    for (const type of ["error", "gossip.probe", "gossip.probe_result", "gossip.suspect"]) {
      expect(missing).not.toContain(type);
    }
  });

  it("expects nothing of moves where there is no second node, and all else", () => {
    const moves = [
      "instance.chunk",
      "instance.handover",
      "instance.move",
      "instance.moving",
      "instance.progress",
      "instance.transfer",
    ];
    const alone = missingTypes(sumTraffic([]), 1);
    expect(missingTypes(sumTraffic([]), 2)).toEqual([...alone, ...moves].sort());
  });
});
