import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { TypeHeads } from "../../../runtime/core/type-heads.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { PackReader } from "../../../runtime/wire/pack-reader.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";

/** The beginning of an envelope, and bytes enough behind it. */
function beginningOf(name: string): Uint8Array {
  const writer = new PackWriter();
  writer.mapHeader(5);
  for (const text of ["type", name, "id"]) writer.string(text);
  writer.raw(Uint8Array.of(0xd9, 36));
  writer.raw(new Uint8Array(64));
  return writer.bytes();
}

function read(heads: TypeHeads, bytes: Uint8Array): MessageType | undefined {
  const reader = new PackReader();
  reader.open(bytes, 0, bytes.length);
  return heads.read(reader);
}

describe("the heads of message types", () => {
  const heads = TypeHeads.of(MESSAGES);

  it.each([...MESSAGES.keys()])("tell %s, and where its id begins", (name) => {
    const bytes = beginningOf(name);
    const reader = new PackReader();
    reader.open(bytes, 0, bytes.length);
    expect(heads.read(reader)?.type).toBe(name);
    expect(reader.offset).toBe(bytes.length - 64);
  });

  it("are made once for all connections", () => {
    expect(TypeHeads.of(MESSAGES)).toBe(heads);
  });

  it("do not take a type for another that differs in one byte", () => {
    const bytes = beginningOf("mesh.query");
    for (let at = 1; at < bytes.length - 64; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 1;
      expect(read(heads, damaged)).toBeUndefined();
    }
  });

  it("do not know a type that nobody has a schema for", () => {
    expect(read(heads, beginningOf("mesh.novel"))).toBeUndefined();
  });

  it("hold types with names as long as a schema allows", () => {
    const name = `acme.${"long".repeat(30)}`;
    const long = { ...MESH_QUERY, type: name };
    const putHead: MessageType["putHead"] = (view, at) => {
      const bytes = beginningOf(name).subarray(0, -64);
      for (const [index, byte] of bytes.entries()) view.setUint8(at + index, byte);
      return at + bytes.length;
    };
    const type = { ...long, putHead } as unknown as MessageType;
    expect(read(TypeHeads.of(new Map([[name, type]])), beginningOf(name))).toBe(type);
  });
});
