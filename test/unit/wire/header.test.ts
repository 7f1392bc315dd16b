import { describe, expect, test } from "vitest";
import {
  FLAG_COMPRESSED,
  FLAG_ENCRYPTED,
  FLAG_IS_ACK,
  FLAG_REQUIRES_ACK,
  HEADER_SIZE,
  readHeader,
  writeHeader,
} from "../../../runtime/wire/header.js";
import { hex, thrownBy } from "./bytes.js";

const ALL_FLAGS = FLAG_COMPRESSED | FLAG_ENCRYPTED | FLAG_REQUIRES_ACK | FLAG_IS_ACK;

const VALID = [
  { name: "the smallest payload", bytes: "524e5001 0100 00000001 0000", payloadSize: 1, flags: 0 },
  {
    name: "the largest payload",
    bytes: "524e5001 0100 01000000 0000",
    payloadSize: 16_777_216,
    flags: 0,
  },
  {
    name: "a compressed payload",
    bytes: "524e5001 0100 00000102 0001",
    payloadSize: 258,
    flags: FLAG_COMPRESSED,
  },
  {
    name: "a sealed payload",
    bytes: "524e5001 0100 00010203 0002",
    payloadSize: 66_051,
    flags: FLAG_ENCRYPTED,
  },
  {
    name: "a wish for an ack",
    bytes: "524e5001 0100 000000ff 0004",
    payloadSize: 255,
    flags: FLAG_REQUIRES_ACK,
  },
  { name: "an ack", bytes: "524e5001 0100 00000100 0008", payloadSize: 256, flags: FLAG_IS_ACK },
  {
    name: "all flags at once",
    bytes: "524e5001 0100 00000001 000f",
    payloadSize: 1,
    flags: ALL_FLAGS,
  },
];

const INVALID = [
  { name: "HTTP", bytes: "47455420 2f20 48545450 2f31", expected: "0x524e5001", got: "0x47455420" },
  {
    name: "the magic of another layout",
    bytes: "524e5002 0100 00000001 0000",
    expected: "0x524e5001",
    got: "0x524e5002",
  },
  {
    name: "the magic in little-endian",
    bytes: "01504e52 0100 00000001 0000",
    expected: "0x524e5001",
    got: "0x01504e52",
  },
  { name: "no payload", bytes: "524e5001 0100 00000000 0000", expected: "1 to 16777216", got: "0" },
  {
    name: "a byte too many",
    bytes: "524e5001 0100 01000001 0000",
    expected: "1 to 16777216",
    got: "16777217",
  },
  {
    name: "a length with the top bit set",
    bytes: "524e5001 0100 80000000 0000",
    expected: "1 to 16777216",
    got: "2147483648",
  },
  {
    name: "the largest length",
    bytes: "524e5001 0100 ffffffff 0000",
    expected: "1 to 16777216",
    got: "4294967295",
  },
  {
    name: "the first reserved flag",
    bytes: "524e5001 0100 00000001 0010",
    expected: "reserved bits 0",
    got: "0x0010",
  },
  {
    name: "the last reserved flag",
    bytes: "524e5001 0100 00000001 8000",
    expected: "reserved bits 0",
    got: "0x8000",
  },
  {
    name: "a reserved flag beside known ones",
    bytes: "524e5001 0100 00000001 010f",
    expected: "reserved bits 0",
    got: "0x0100",
  },
];

describe("a header", () => {
  test.each(VALID)("for $name is written and read", ({ bytes, payloadSize, flags }) => {
    const written = Buffer.alloc(HEADER_SIZE);
    writeHeader(viewOf(written), 0, payloadSize, flags);
    expect(written).toEqual(hex(bytes));
    expect(readHeader(hex(bytes), 0)).toEqual({ payloadSize, flags });
  });

  test.each(INVALID)("with $name is a protocol error", ({ bytes, expected, got }) => {
    expect(thrownBy(() => readHeader(hex(bytes), 0))).toMatchObject({
      name: "WireFault",
      code: "PROTOCOL_ERROR",
      details: { expected, got },
    });
  });

  test.each(["0000", "0200", "0201", "ff00"])(
    "of version 0x%s names the versions that are spoken",
    (version) => {
      const bytes = hex(`524e5001 ${version} 00000001 0000`);
      expect(thrownBy(() => readHeader(bytes, 0))).toMatchObject({
        code: "VERSION_MISMATCH",
        details: { supported: ["1.0"], got: `${bytes[4]}.${bytes[5]}` },
      });
    },
  );

  test("of a later minor version is understood", () => {
    expect(readHeader(hex("524e5001 0107 00000005 0000"), 0)).toEqual({ payloadSize: 5, flags: 0 });
  });

  test("is written and read anywhere in a buffer, and touches nothing around it", () => {
    const buffer = Buffer.alloc(20, 0xee);
    writeHeader(viewOf(buffer), 3, 7, FLAG_IS_ACK);
    expect(buffer).toEqual(hex("eeeeee 524e5001 0100 00000007 0008 eeeeeeeeee"));
    expect(readHeader(buffer, 3)).toEqual({ payloadSize: 7, flags: FLAG_IS_ACK });
  });
});

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
