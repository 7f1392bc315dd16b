import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { fastOutcome, referenceOutcome } from "../../support/codec/two-paths.js";

/*
 * Messages about members have optional fields that peers of before do not know: one that knows only the fields
 * of the specification, for example. What is said without them has the bytes that it had then. Each byte is
 * written out, with spaces before keys.
 */

const MEMBER = { node: "n-2", role: "node", state: "alive", since: 1_705_075_130_000 };

const EARLIER: readonly [type: string, data: object, hex: string][] = [
  [
    "gossip.announce",
    { address: "10.0.0.1:7946", version: "0.0.4", capabilities: ["mesh"] },
    "83 a761646472657373ad31302e302e302e313a37393436 a776657273696f6ea5302e302e34 ac6361706162696c697469657391a46d657368",
  ],
  [
    "gossip.announce",
    { address: "10.0.0.1:7946", version: "1", capabilities: [], metadata: { rack: "r3" } },
    "84 a761646472657373ad31302e302e302e313a37393436 a776657273696f6ea131 ac6361706162696c697469657390 a86d6574616461746181a47261636ba27233",
  ],
  [
    "gossip.heartbeat",
    { sequence: 12_345, cpu_percent: 45.5, ram_used_mb: 2048, instances: 12 },
    "84 a873657175656e6365cd3039 ab6370755f70657263656e74cb4046c00000000000 ab72616d5f757365645f6d62cd0800 a9696e7374616e6365730c",
  ],
  [
    "gossip.leave",
    { reason: "shutdown", transfer_instances_to: "node-2" },
    "82 a6726561736f6ea873687574646f776e b57472616e736665725f696e7374616e6365735f746fa66e6f64652d32",
  ],
  [
    "gossip.suspect",
    { suspect_node: "node-3", last_seen: 1_705_075_100_000, failed_pings: 3 },
    "83 ac737573706563745f6e6f6465a66e6f64652d33 a96c6173745f7365656ecf0000018cfe654960 ac6661696c65645f70696e677303",
  ],
  ["sync.request", {}, "80"],
  [
    "sync.request",
    { digest: { "n-1": { incarnation: 2, epoch: 5 } } },
    "81 a664696765737481a36e2d3182ab696e6361726e6174696f6e02a565706f636805",
  ],
  [
    "sync.response",
    { members: [MEMBER], services: [], full: true },
    "83 a76d656d6265727391 84a46e6f6465a36e2d32a4726f6c65a46e6f6465a57374617465a5616c697665a573696e6365cf0000018cfe65be90 a8736572766963657390 a466756c6cc3",
  ],
];

const cases = EARLIER.map(([name, data, hex]) => {
  const bytes = new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return { name, type: MESSAGES.get(name)!, data, bytes };
});

describe("what is said in the fields of before", () => {
  test.each(cases)("is written as it was: $name $data", ({ type, data, bytes }) => {
    const writer = new PackWriter();
    encodeData(type, writer, data);
    expect(Buffer.from(writer.bytes()).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
  });

  test.each(cases)("is read as it was, and fast: $name $data", ({ type, data, bytes }) => {
    expect(fastOutcome(type, bytes)?.data).toStrictEqual(data);
    expect(referenceOutcome(type, bytes)?.data).toStrictEqual(data);
  });
});
