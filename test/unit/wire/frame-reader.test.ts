import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { HEADER_SIZE, PAYLOAD_SIZE_MAX, writeHeader } from "../../../runtime/wire/header.js";
import { byteByByte, cutEverywhere, hex, thrownBy } from "./bytes.js";

interface Frame {
  flags: number;
  payload: string;
}

/** Frames as they lie on the wire, and what has to come out. */
const VECTORS: { name: string; bytes: string; frames: Frame[] }[] = [
  {
    name: "one frame of one byte",
    bytes: "524e5001 0100 00000001 0000 c0",
    frames: [{ flags: 0, payload: "c0" }],
  },
  {
    name: "a ping",
    bytes: `524e5001 0100 00000024 0000
      82 a474797065 a470696e67 a464617461 81 a974696d657374616d70 cf0000018cfe9d6d00`,
    frames: [
      {
        flags: 0,
        payload: "82a474797065a470696e67a46461746181a974696d657374616d70cf0000018cfe9d6d00",
      },
    ],
  },
  {
    name: "an ack between two messages",
    bytes: `524e5001 0100 00000003 0004 93c0c2
      524e5001 0100 00000001 0008 80
      524e5001 0100 00000002 0000 a161`,
    frames: [
      { flags: 4, payload: "93c0c2" },
      { flags: 8, payload: "80" },
      { flags: 0, payload: "a161" },
    ],
  },
  {
    name: "a payload that looks like a header",
    bytes: "524e5001 0100 0000000c 0000 524e50010100ffffffffffff",
    frames: [{ flags: 0, payload: "524e50010100ffffffffffff" }],
  },
  {
    name: "a compressed frame",
    bytes: "524e5001 0100 00000005 0001 0100000010",
    frames: [{ flags: 1, payload: "0100000010" }],
  },
];
function framesIn(chunks: Iterable<Uint8Array>): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk, (flags, bytes, from, to) => {
      const payload = bytes.subarray(from, to);
      frames.push({ flags, payload: Buffer.from(payload).toString("hex") });
    });
  }
  expect(reader.pendingSize).toBe(0);
  return frames;
}

function frame(payload: Uint8Array, flags = 0): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  writeHeader(viewOf(header), 0, payload.length, flags);
  return Buffer.concat([header, payload]);
}

describe.each(VECTORS)("$name", ({ bytes, frames }) => {
  const stream = hex(bytes);

  test("is read whole", () => {
    expect(framesIn([stream])).toEqual(frames);
  });

  test("is read byte by byte", () => {
    expect(framesIn(byteByByte(stream))).toEqual(frames);
  });

  test("is read cut at every position", () => {
    for (const chunks of cutEverywhere(stream)) expect(framesIn(chunks)).toEqual(frames);
  });

  test("is read thrice in a row, cut at every position", () => {
    const thrice = Buffer.concat([stream, stream, stream]);
    for (const chunks of cutEverywhere(thrice)) {
      expect(framesIn(chunks)).toEqual([...frames, ...frames, ...frames]);
    }
  });
});

test("frames of any size come out whole and in order however the stream is cut", () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 9000, size: "max" });
  const cuts = fc.array(fc.nat({ max: 20_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(payload, { minLength: 1, maxLength: 5 }), cuts, (payloads, at) => {
      const stream = Buffer.concat(payloads.map((bytes) => frame(bytes)));
      const offsets = [0, ...at.map((cut) => cut % stream.length).sort((a, b) => a - b)];
      const chunks = offsets.map((from, index) => stream.subarray(from, offsets[index + 1]));
      const expected = payloads.map((bytes) => Buffer.from(bytes).toString("hex"));
      expect(framesIn(chunks).map((each) => each.payload)).toEqual(expected);
    }),
  );
});

test("the largest frame comes out whole from chunks of a TLS record", () => {
  const payload = Buffer.alloc(PAYLOAD_SIZE_MAX);
  for (let at = 0; at < payload.length; at += 4096) payload.writeUInt32BE(at, at);
  const stream = frame(payload);
  const reader = new FrameReader();
  const frames: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 16_384) {
    reader.push(stream.subarray(at, at + 16_384), (_, bytes, from, to) =>
      frames.push(bytes.subarray(from, to)),
    );
  }
  expect(frames.length).toBe(1);
  expect(payload.equals(frames[0]!)).toBe(true);
});

describe("memory", () => {
  test("a frame that lies in one chunk is handed on in place", () => {
    const chunk = Buffer.concat([frame(hex("0102")), frame(hex("03"))]);
    const buffers: ArrayBufferLike[] = [];
    new FrameReader().push(chunk, (_, payload) => buffers.push(payload.buffer));
    expect(buffers).toEqual([chunk.buffer, chunk.buffer]);
  });

  test("a payload in one chunk behind a header that is not is handed on in place", () => {
    const stream = frame(hex("010203"));
    for (let at = 1; at <= HEADER_SIZE; at++) {
      const reader = new FrameReader();
      const second = Buffer.from(Uint8Array.from(stream.subarray(at)).buffer);
      reader.push(stream.subarray(0, at), () => expect.unreachable());
      reader.push(second, (_, payload) => expect(payload.buffer).toBe(second.buffer));
      expect(reader.pendingSize).toBe(0);
    }
  });

  test("a straddling payload does not change when the chunks are used again", () => {
    const stream = frame(hex("01020304"));
    const reader = new FrameReader();
    const chunk = Buffer.from(stream.subarray(0, 14));
    reader.push(chunk, () => expect.unreachable());
    chunk.fill(0xff);
    const payloads: Uint8Array[] = [];
    reader.push(stream.subarray(14), (_, bytes, from, to) =>
      payloads.push(bytes.subarray(from, to)),
    );
    reader.push(frame(hex("99999999")).subarray(0, 14), () => expect.unreachable());
    expect(payloads).toEqual([hex("01020304")]);
  });

  test("grows with the bytes that arrive, not with the length that is declared", () => {
    const readers = Array.from({ length: 100 }, () => new FrameReader());
    const declared = Buffer.concat([hex("524e5001 0100 01000000 0000"), Buffer.alloc(50)]);
    const before = process.memoryUsage().arrayBuffers;
    for (const reader of readers) reader.push(declared, () => expect.unreachable());
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(readers.map((reader) => reader.pendingSize)).toEqual(readers.map(() => 62));
  });

  test("is at most sixteen times what has arrived of a frame that trickles in", () => {
    const reader = new FrameReader();
    reader.push(hex("524e5001 0100 01000000 0000"), () => expect.unreachable());
    const before = process.memoryUsage().arrayBuffers;
    const part = Buffer.alloc(100);
    for (let count = 1; count <= 1000; count++) reader.push(part, () => expect.unreachable());
    expect(reader.pendingSize).toBe(100_012);
    // What was outgrown may not have been collected yet: a sixteenth, and a sixteenth of that.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 100_000 * 1.1);
  });
});

const BAD_HEADERS: [string, string, string][] = [
  ["wrong magic", "47455420 2f20 48545450 2f31", "PROTOCOL_ERROR"],
  ["another major version", "524e5001 0200 00000001 0000", "VERSION_MISMATCH"],
  ["length 0", "524e5001 0100 00000000 0000", "PROTOCOL_ERROR"],
  ["length 16 MiB + 1", "524e5001 0100 01000001 0000", "PROTOCOL_ERROR"],
  ["length 2^32 - 1", "524e5001 0100 ffffffff 0000", "PROTOCOL_ERROR"],
  ["a reserved flag", "524e5001 0100 00000001 0010", "PROTOCOL_ERROR"],
];

describe.each(BAD_HEADERS)("a header with %s", (_, digits, code) => {
  const bad = hex(digits);
  const good = frame(hex("c0"));

  test("is refused before a byte of its payload came, wherever it is cut", () => {
    for (const chunks of [[bad], byteByByte(bad), ...cutEverywhere(bad)]) {
      expect(thrownBy(() => framesIn(chunks))).toMatchObject({ code });
    }
  });

  test("takes nothing from the frames before it", () => {
    const reader = new FrameReader();
    let count = 0;
    const stream = Buffer.concat([good, good, bad, good]);
    const push = () => reader.push(stream, () => count++);
    expect(thrownBy(push)).toMatchObject({ code });
    expect(count).toBe(2);
  });

  test("is final: what comes later is refused for the same reason", () => {
    const reader = new FrameReader();
    const fault = thrownBy(() => reader.push(bad, () => expect.unreachable()));
    expect(thrownBy(() => reader.push(good, () => expect.unreachable()))).toBe(fault);
  });
});

describe("a reader", () => {
  let reader: FrameReader;
  beforeEach(() => {
    reader = new FrameReader();
  });

  test("does not judge what is not there yet", () => {
    reader.push(hex("524e5001 0100 00000001 00"), () => expect.unreachable());
    expect(reader.pendingSize).toBe(11);
  });

  test("says how much of an unfinished frame it holds", () => {
    const stream = frame(hex("0102030405"));
    const sizes = byteByByte(stream).map((byte) => {
      reader.push(byte, () => {});
      return reader.pendingSize;
    });
    expect(sizes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0]);
  });

  test("may be told to take only small frames, until it is told otherwise", () => {
    reader.payloadSizeMax = 4;
    reader.push(frame(hex("01020304")), () => {});
    reader.payloadSizeMax = 5;
    reader.push(frame(hex("0102030405")), () => {});
    expect(thrownBy(() => reader.push(frame(hex("010203040506")), () => {}))).toMatchObject({
      details: { expected: "1 to 5", got: "6" },
    });
  });

  test("is finished when its caller failed, for the rest of the chunk is lost", () => {
    const failure = new Error("a bug above");
    const chunk = Buffer.concat([frame(hex("01")), frame(hex("02"))]);
    const fail = () => {
      throw failure;
    };
    expect(thrownBy(() => reader.push(chunk, fail))).toBe(failure);
    expect(thrownBy(() => reader.push(chunk, () => {}))).toBe(failure);
  });

  test("takes empty chunks at any place", () => {
    const stream = frame(hex("0102"));
    const chunks = byteByByte(stream).flatMap((byte) => [Buffer.alloc(0), byte, Buffer.alloc(0)]);
    expect(framesIn(chunks)).toEqual([{ flags: 0, payload: "0102" }]);
  });

  test("gives out frames or a WireFault, and nothing else, for any bytes", () => {
    const good = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => frame(bytes));
    const noise = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.oneof(good, noise)), (chunks) => {
        const fresh = new FrameReader();
        try {
          for (const chunk of chunks) fresh.push(chunk, () => {});
        } catch (error) {
          expect(error).toMatchObject({ name: "WireFault" });
        }
      }),
    );
  });
});

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
