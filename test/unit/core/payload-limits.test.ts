import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { PING } from "../../../generated/messages/ping.js";
import { SYNC_RESPONSE } from "../../../generated/messages/sync/response.js";
import {
  ENVELOPE_SIZE_MAX,
  payloadLimits,
  SLACK_SIZE,
} from "../../../runtime/core/payload-limits.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { Pair } from "../../support/pair.js";

const SCHEMA_FOLDER = join(import.meta.dirname, "../../../schema");
const UUID = "00000000-0000-4000-8000-000000000001";

/** A frame of the type `ping` that declares `size`, cut after `arrived` bytes of its payload. */
function pingOf(size: number, arrived: number): Buffer {
  const header = Buffer.from("524e50010100000000000000", "hex");
  header.writeUInt32BE(size, 6);
  const writer = new PackWriter(64);
  writer.mapHeader(5);
  for (const text of ["type", "ping", "id", UUID]) writer.string(text);
  const beginning = Buffer.from(writer.bytes());
  return Buffer.concat([header, beginning, Buffer.alloc(arrived - beginning.length)]);
}

describe("a peer that declares a ping of 10 MiB", () => {
  it("is told why and closed at the first chunk", () => {
    const pair = Pair.open();
    pair.server.connection.handleBytes(0, pingOf(10_485_760, 16_372));
    pair.server.collect();
    const limit = PING.sizeMax + ENVELOPE_SIZE_MAX + SLACK_SIZE;
    expect(pair.server.all("closed")[0]?.error).toMatchObject({
      code: "PROTOCOL_ERROR",
      peer: "node-1",
      details: {
        message_type: "ping",
        expected: `a payload of at most ${limit} bytes`,
        got: "10485760 bytes",
      },
    });
    pair.settle();
    expect(pair.client.all("closed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("is closed even where the chunk ends within the type", () => {
    const pair = Pair.open();
    const bytes = pingOf(10_485_760, 100);
    pair.server.connection.handleBytes(0, bytes.subarray(0, 20));
    pair.server.collect();
    expect(pair.server.all("closed")).toEqual([]);
    pair.server.connection.handleBytes(0, bytes.subarray(20));
    pair.server.collect();
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("the limit of a payload", () => {
  const limitOf = payloadLimits(MESSAGES);

  it("is never over the limit of frames", () => {
    expect(SYNC_RESPONSE.sizeMax).toBeGreaterThan(16_777_216);
    expect(limitOf("sync.response")).toBe(16_777_216);
  });

  it("is not known of a type that is not known", () => {
    expect(limitOf("later.type")).toBeUndefined();
    expect(limitOf("")).toBeUndefined();
  });

  it("has room for the largest envelope that the schema allows", async () => {
    const read = async (file: string) =>
      JSON.parse(await readFile(join(SCHEMA_FOLDER, file), "utf8"));
    const { properties } = await read("envelope.schema.json");
    const { $defs } = await read("types.schema.json");
    const { meta } = properties;
    const entry = 10 + meta.propertyNames.maxLength + meta.additionalProperties.maxLength;
    const sizeOf = (def: { type: string; maxLength?: number }) => {
      if (def.type === "boolean") return 1;
      return def.type === "integer" ? 9 : 5 + def.maxLength!;
    };
    const place = Object.entries<{ type: string; $ref?: string }>(
      properties.delivery.properties,
    ).map(
      ([name, def]) => 5 + name.length + sizeOf($defs[def.$ref?.split("/").at(-1) ?? ""] ?? def),
    );
    const inners: Record<string, number> = {
      meta: meta.maxProperties * entry + 5,
      delivery: place.reduce((sum, size) => sum + size, 5),
    };
    const sizes = Object.entries<{ $ref?: string }>(properties).map(([name, { $ref }]) => {
      const shared = $defs[$ref?.split("/").at(-1) ?? ""];
      const value = inners[name] ?? (shared === undefined ? 0 : sizeOf(shared));
      return 5 + name.length + value;
    });
    expect(ENVELOPE_SIZE_MAX).toBe(5 + sizes.reduce((sum, size) => sum + size, 0));
  });
});
