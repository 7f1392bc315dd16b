import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { load } from "../../../../codegen/load.js";
import { readSchemas } from "../../../../codegen/pipeline.js";
import { vectorFiles } from "../../../../codegen/publish/vectors/index.js";
import { pack } from "../../../../codegen/publish/vectors/pack.js";
import { MESSAGES } from "../../../../generated/dispatch.js";
import { decodeFrames } from "../../../../runtime/cli/decode-frames.js";
import { decodeReference } from "../../../../runtime/wire/decode-reference.js";
import { encodeData } from "../../../../runtime/wire/encode-data.js";
import { WireFault } from "../../../../runtime/wire/fault.js";
import { HEADER_SIZE } from "../../../../runtime/wire/header.js";
import { PackWriter } from "../../../../runtime/wire/pack-writer.js";
import { ROOT } from "../support.js";

interface Vectors {
  readonly type: string;
  readonly valid: readonly {
    readonly name: string;
    readonly data: object;
    readonly frame: string;
    readonly frame_bin?: string;
    readonly frame_lz4?: string;
  }[];
  readonly invalid: readonly {
    readonly name: string;
    readonly frame: string;
    readonly pointer: string;
  }[];
}

const { links, model, places } = await readSchemas(await load(join(ROOT, "schema")));
const ALL = vectorFiles({ links, model, places }).map(([, text]) => JSON.parse(text) as Vectors);

/** The one message in a frame, as the runtime reads it, or what it finds wrong. */
function decoded(frame: string) {
  const [only, ...others] = decodeFrames(Buffer.from(frame, "hex"));
  expect(others).toEqual([]);
  return only;
}

/** A value as JSON has it: bytes as base64. */
function asJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      const isBuffer = (inner as { type?: unknown } | null)?.type === "Buffer";
      if (isBuffer) return Buffer.from((inner as { data: number[] }).data).toString("base64");
      if (inner instanceof Uint8Array) return Buffer.from(inner).toString("base64");
      return inner;
    }),
  );
}

test("there are vectors for every message, and invalid ones where a field can be wrong", () => {
  expect(ALL.map(({ type }) => type)).toEqual([...MESSAGES.keys()].sort());
  expect(ALL.flatMap(({ invalid }) => invalid).length).toBeGreaterThan(500);
  expect(
    ALL.flatMap(({ valid }) => valid.filter(({ frame_bin }) => frame_bin)).length,
  ).toBeGreaterThan(2);
  expect(
    ALL.flatMap(({ valid }) => valid.filter(({ frame_lz4 }) => frame_lz4)).length,
  ).toBeGreaterThan(0);
});

describe.each(ALL)("the vectors of $type", ({ type, valid, invalid }) => {
  const message = MESSAGES.get(type);

  test("are read by the runtime as the values beside them, in every form", () => {
    for (const { data, frame, frame_bin, frame_lz4 } of valid) {
      for (const form of [frame, frame_bin, frame_lz4]) {
        if (form === undefined) continue;
        const { message: envelope, error } = decoded(form) ?? {};
        expect(error).toBeUndefined();
        expect(asJson(envelope?.data)).toEqual(asJson(data));
      }
    }
  });

  test("are what the runtime writes, byte for byte", () => {
    for (const { frame } of valid) {
      const bytes = Buffer.from(frame, "hex");
      const envelope = decodeReference(bytes.subarray(HEADER_SIZE)) as { data: unknown };
      const writer = new PackWriter();
      if (message !== undefined) encodeData(message, writer, message.accept(envelope.data));
      const written = Buffer.from(writer.bytes());
      expect(bytes.subarray(-written.length).equals(written)).toBe(true);
    }
  });

  test("that are invalid are refused at the place that they name", () => {
    for (const { name, frame, pointer } of invalid) {
      const payload = Buffer.from(frame, "hex").subarray(HEADER_SIZE);
      const { data } = decodeReference(payload) as { data: unknown };
      expect(
        faultOf(() => message?.accept(data)),
        name,
      ).toBe(pointer);
    }
  });
});

/** Where a fault is. */
function faultOf(read: () => unknown): unknown {
  try {
    read();
    return "none";
  } catch (thrown) {
    if (!(thrown instanceof WireFault)) throw thrown;
    return (thrown.details as { pointer?: string }).pointer;
  }
}

describe("integers, text and bytes have their shortest form", () => {
  const integer = { kind: "integer", minimum: 0, maximum: 0, multipleOf: undefined } as const;
  const cases: readonly (readonly [number, string])[] = [
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [256, "cd0100"],
    [65_536, "ce00010000"],
    [2 ** 32, "cf0000000100000000"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-129, "d1ff7f"],
    [-32_769, "d2ffff7fff"],
    [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
    [0.5, "cb3fe0000000000000"],
  ];
  test.each(cases)("%d is %s", (value, hex) => {
    expect(pack(integer, value, "bin").toString("hex")).toBe(hex);
  });

  test.each([
    [0, "c400"],
    [255, "c4ff"],
    [256, "c50100"],
    [65_536, "c600010000"],
  ])("%d bytes begin with %s", (length, hex) => {
    const bytes = pack(
      { kind: "bytes", sizeMax: length },
      Buffer.alloc(length).toString("base64"),
      "bin",
    );
    expect(bytes.toString("hex").startsWith(hex)).toBe(true);
    expect(bytes.length).toBe(hex.length / 2 + length);
  });
});
