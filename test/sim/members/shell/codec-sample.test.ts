import { describe, expect, test } from "vitest";
import { CodecSample } from "./codec-sample.js";
import type { Frame } from "./frame.js";

const NEWS = { node: "node-9", state: "suspect", epoch: 5, incarnation: 1 } as const;
const HEARTBEAT: Frame = {
  kind: "heartbeat",
  to: "node-1",
  data: { sequence: 1, epoch: 5, incarnation: 0, next_ms: 1000, news: [NEWS] },
} as Frame;

const FRAMES: readonly Frame[] = [
  HEARTBEAT,
  { kind: "announce", data: { address: "host-1:7946", version: "1.0.0", capabilities: ["mesh"] } },
  { kind: "leave", data: { reason: "shutdown", epoch: 5, incarnation: 1 } },
  { kind: "suspect", data: { suspect_node: "node-9", last_seen: 1, failed_pings: 3 } },
  { kind: "probe", id: 1, data: { target_node: "node-9", target_address: "host-9:7946" } },
  { kind: "probe-result", id: 1, data: { target_node: "node-9", reachable: true, rtt_ms: 0.5 } },
  { kind: "sync", id: 1, data: { hash: "0123456789abcdef" } },
  { kind: "sync-response", id: 1, data: { members: [], services: [], full: true } },
  { kind: "ping", id: 1 },
];

describe("a sample of what is sent", () => {
  test.each(FRAMES.map((frame) => [frame.kind, frame] as const))(
    "lets a %s pass",
    (kind, frame) => {
      const sample = new CodecSample(1);
      sample.look(frame);
      expect(sample.sampleCount).toBe(kind === "ping" ? 0 : 1);
      expect(sample.byteCount > 0).toBe(kind !== "ping");
    },
  );

  test("fails where something is against the schema", () => {
    const sample = new CodecSample(1);
    const data = { sequence: 1, next_ms: 3_600_001 };
    expect(() => sample.look({ kind: "heartbeat", data })).toThrow("next_ms");
  });

  test("fails where something would be lost on the wire", () => {
    const sample = new CodecSample(1);
    const data = { reason: "shutdown", mood: "good" };
    expect(() => sample.look({ kind: "leave", data })).toThrow("mood");
  });

  test("looks at one in so many", () => {
    const sample = new CodecSample(3);
    for (let count = 0; count < 10; count++) sample.look(HEARTBEAT);
    expect(sample.sampleCount).toBe(3);
  });
});
