import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as compression from "../../../runtime/wire/compression.js";
import * as header from "../../../runtime/wire/header.js";
import { DEPTH_MAX } from "../../../runtime/wire/scan.js";

const PROTOCOL = JSON.parse(
  readFileSync(new URL("../../../schema/protocol.json", import.meta.url), "utf8"),
);

test("the frame layout in schema/protocol.json is the one in the code", () => {
  expect(PROTOCOL).toMatchObject({
    magic: header.MAGIC.toString(16),
    version: { major: header.VERSION_MAJOR, minor: header.VERSION_MINOR },
    header_bytes: header.HEADER_SIZE,
  });
  expect(PROTOCOL.flags).toEqual({
    compressed: header.FLAG_COMPRESSED,
    encrypted: header.FLAG_ENCRYPTED,
    requires_ack: header.FLAG_REQUIRES_ACK,
    is_ack: header.FLAG_IS_ACK,
  });
});

test("the limits in schema/protocol.json are the ones in the code", () => {
  expect(PROTOCOL.limits).toMatchObject({
    payload_bytes: header.PAYLOAD_SIZE_MAX,
    depth: DEPTH_MAX,
    compression_threshold_bytes: compression.COMPRESSION_SIZE_MIN,
    compression_ratio: compression.COMPRESSION_RATIO_MAX,
    expansion_ratio: compression.EXPANSION_MAX,
  });
});
