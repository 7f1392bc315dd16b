import { describe, expect, test } from "vitest";
import { GOODBYE } from "../../../generated/messages/goodbye.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import { readEnvelope } from "../../../generated/validators.js";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import { WireFault } from "../../../runtime/wire/fault.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { SAMPLE } from "../../golden/everything/generated/index.js";
import { fastOutcome, referenceOutcome } from "../../support/codec/two-paths.js";

const REQUIRED = { flag: true, text: "text", colour: "red", fixed: "always", version: 2, on: true };

function encoded(type: Parameters<typeof encodeData>[0], data: unknown): Uint8Array {
  const writer = new PackWriter();
  encodeData(type, writer, data);
  return writer.bytes();
}

describe("bytes (bin) where an object or a map belongs", () => {
  test("are refused with a WireFault by the reference path, not with a TypeError", () => {
    expect(() => SYNC_REQUEST.accept({ digest: { a: new Uint8Array(3) } })).toThrow(WireFault);
    expect(() => GOODBYE.accept(new Uint8Array(3))).toThrow(WireFault);
  });
  test("are refused even when empty", () => {
    expect(() => GOODBYE.accept(new Uint8Array(0))).toThrow(WireFault);
  });
  test("are refused without listing each of their bytes", () => {
    let listed = 0;
    const ownKeys = (bytes: Uint8Array) => {
      listed += 1;
      return Reflect.ownKeys(bytes);
    };
    const meta = new Proxy(new Uint8Array(8), { ownKeys });
    const id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    const envelope = { type: "ping", id, timestamp: 1, sender: "a", meta, data: {} };
    expect(readEnvelope(envelope)).toBe(false);
    expect(listed).toBe(0);
  });

  test("are refused by the writer", () => {
    expect(GOODBYE.invalid(new Uint8Array(0))).toBeDefined();
    expect(GOODBYE.encode(new PackWriter(), new Uint8Array(0) as never)).toBe(false);
  });
});

describe("a 64-bit integer of exactly 2^53", () => {
  test.each([2n ** 53n, -(2n ** 53n)])("%s is read alike by both paths", (wide) => {
    const bytes = encoded(SAMPLE, { ...REQUIRED, wide });
    expect(referenceOutcome(SAMPLE, bytes)).toEqual(fastOutcome(SAMPLE, bytes));
    expect(decodeReference(bytes)).toBeDefined();
  });
});

describe("fields that are not own enumerable ones", () => {
  class Query {
    get service_name(): string {
      return "user-service";
    }
  }
  const hidden = Object.defineProperty({}, "service_name", { value: "user-service" });

  test.each([
    ["a getter of the class", new Query()],
    ["a hidden field", hidden],
    ["an inherited field", Object.create({ service_name: "user-service" })],
  ])("%s is not sent, as with JSON, so a message that needs it is refused", (_name, data) => {
    expect(() => encoded(MESH_QUERY, data)).toThrow(/service_name/);
  });

  test("an instance of a class is sent by its own fields", () => {
    class Search {
      readonly service_name = "user-service";
      hello(): void {}
    }
    const data = new Search();
    const sent = MESH_QUERY.accept(decodeReference(encoded(MESH_QUERY, data)));
    expect(sent).toEqual({ service_name: "user-service" });
  });

  test.each([
    ["a Map", new Map()],
    ["a Date", new Date()],
    ["a Set", new Set()],
  ])("%s is no map, however few fields it has", (_name, data) => {
    expect(() => encoded(GOODBYE, data)).toThrow(WireFault);
  });
});
