import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { framesInCapture } from "../../../../runtime/cli/decode/conversation.js";
import { type Piece, pcapngOf, pcapOf } from "../../../support/pcap.js";
import { frameOf, messageOf } from "../../../support/raw-peer.js";

const ping = frameOf(encode(messageOf("ping", "node-1", { timestamp: 5 })));
const pong = frameOf(encode(messageOf("pong", "node-2", { request_timestamp: 5, timestamp: 6 })));

/** What is found, as `sender: type`, or the words of the fault. */
function heard(capture: Uint8Array): readonly (string | undefined)[] {
  return (framesInCapture(capture) ?? []).map(({ message, error }) => {
    return error?.message ?? `${message?.sender}: ${message?.type}`;
  });
}

const sent = (bytes: Uint8Array, at?: number): Piece => ({
  from: "client",
  bytes,
  ...(at === undefined ? {} : { at }),
});
const answered = (bytes: Uint8Array): Piece => ({ from: "server", bytes });

test.each([
  ["pcap", pcapOf],
  ["pcapng", pcapngOf],
])(
  "both directions of a connection are read from %s, and whose each frame is",
  (_name, capture) => {
    const frames = framesInCapture(capture([sent(ping), answered(pong), sent(ping)]));
    expect(frames?.map(({ from, to, message }) => [from, to, message?.type])).toEqual([
      ["10.0.0.1:40000", "10.0.0.2:7946", "ping"],
      ["10.0.0.1:40000", "10.0.0.2:7946", "ping"],
      ["10.0.0.2:7946", "10.0.0.1:40000", "pong"],
    ]);
  },
);

describe("a stream is put together", () => {
  const whole = Buffer.concat([ping, ping, ping]);
  const part = (begin: number, end: number) => sent(whole.subarray(begin, end), begin);
  const three = ["node-1: ping", "node-1: ping", "node-1: ping"];

  test("across packets, and where its numbers wrap round", () => {
    // The numbers of the first byte are 256 below the end.
    expect(whole.length).toBeGreaterThan(256);
    expect(heard(pcapOf([part(0, 7), part(7, 150), part(150, whole.length)]))).toEqual(three);
  });

  test("from packets in another order", () => {
    expect(heard(pcapOf([part(150, whole.length), part(0, 7), part(7, 150)]))).toEqual(three);
  });

  test("from packets that came twice, and ones that overlap", () => {
    const pieces = [
      part(0, 100),
      part(0, 100),
      part(50, 200),
      part(20, 90),
      part(150, whole.length),
    ];
    expect(heard(pcapOf(pieces))).toEqual(three);
  });

  test("up to what the capture lacks, and says so", () => {
    const said = heard(pcapOf([part(0, ping.length), part(ping.length + 10, whole.length)]));
    expect(said).toEqual(["node-1: ping", "the capture lacks 10 bytes from here on"]);
  });
});

test("a connection of something else is passed over", () => {
  expect(heard(pcapOf([sent(Buffer.from("GET / HTTP/1.1\r\n\r\n"))]))).toEqual([]);
});

test("a capture that is cut short gives what is whole", () => {
  const capture = pcapOf([sent(ping), sent(ping)]);
  expect(heard(capture.subarray(0, -5))).toEqual(["node-1: ping"]);
  expect(heard(pcapngOf([sent(ping), sent(ping)]).subarray(0, -5))).toEqual(["node-1: ping"]);
});

test("no byte of a packet that is wrong does harm", () => {
  const capture = pcapOf([sent(ping)]);
  for (let at = 24; at < capture.length; at++) {
    const damaged = Buffer.from(capture);
    damaged[at] = 0xff - (damaged[at] ?? 0);
    expect(Array.isArray(framesInCapture(damaged))).toBe(true);
  }
});

test("what is no capture is left to others", () => {
  expect(framesInCapture(ping)).toBeUndefined();
  expect(framesInCapture(Buffer.alloc(0))).toBeUndefined();
});
