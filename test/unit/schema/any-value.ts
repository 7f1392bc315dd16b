import { decode as decodeMsgpack } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import type { MessageType } from "../../../runtime/wire/index.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { asSent } from "./as-sent.js";

const RUNS = { numRuns: 50 };

/** `data` as its generated encoder writes it. */
export function encoded(type: MessageType, data: unknown, bin = false): Uint8Array {
  const writer = new PackWriter();
  writer.bin = bin;
  encodeData(type, writer, data);
  return writer.bytes();
}

/** What has to hold for generated code and any value of its schema. */
export function describeAnyValue(type: MessageType, values: fc.Arbitrary<unknown>): void {
  const holds = (check: (data: unknown, bin: boolean) => void) => {
    fc.assert(fc.property(values, fc.boolean(), check), RUNS);
  };

  describe(`any ${type.type} that its schema allows`, () => {
    test("satisfies the closed schema", () => {
      holds((data) => {
        expect(type.invalid(data)).toBeUndefined();
      });
    });

    test("comes back equal, in either form of binary", () => {
      holds((data, bin) => {
        const read = type.accept(decodeReference(encoded(type, data, bin)));
        expect(asSent(read)).toEqual(asSent(data));
      });
    });

    test("is MessagePack that another library reads to its end", () => {
      holds((data, bin) => {
        expect(decodeMsgpack(encoded(type, data, bin))).toBeTypeOf("object");
      });
    });

    test("is no larger than the largest size", () => {
      holds((data, bin) => {
        expect(encoded(type, data, bin).length).toBeLessThanOrEqual(type.sizeMax);
      });
    });

    test("is read without fields that came later, and refused with them by the writer", () => {
      holds((data) => {
        const newer = { ...(data as object), field_of_a_later_version: { deep: [1] } };
        expect(type.invalid(newer)?.pointer).toBe("/field_of_a_later_version");
        expect(asSent(type.accept(newer))).toEqual(asSent(data));
      });
    });
  });
}
