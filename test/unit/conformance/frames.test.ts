import { describe, expect, it } from "vitest";
import { bytesOfFrame, LAST } from "../../../runtime/conformance/frames.js";
import { pack } from "../../../runtime/conformance/pack.js";
import type { Frame } from "../../../runtime/conformance/table.js";
import { fill, Scope } from "../../../runtime/conformance/values.js";

const scopeOf = () => new Scope("node-1", "controller-1", 1_705_075_200_000);

function hexOf(value: unknown, scope = scopeOf()): string {
  return pack(fill(value, scope)).toString("hex");
}

describe("the values of a table", () => {
  it.each<[string, unknown, string]>([
    ["a text many times over", { $text: ["ab", 3] }, "a6616261626162"],
    ["a value many times over", { $list: [{ $hex: "c1" }, 2] }, "92c1c1"],
    ["numbered keys", { $keys: ["k", 2, null] }, "82a26b30c0a26b31c0"],
    ["MessagePack as it is, in pieces", { $hex: [{ hex: "91", times: 3 }, "c0"] }, "919191c0"],
    [
      "a key twice",
      {
        $map: [
          ["a", 1],
          ["a", { $hex: "c3" }],
        ],
      },
      "82a16101a161c3",
    ],
    ["the epoch of the run", { $epoch: 1 }, "cf0000018cfe66d001"],
    [
      "the driver and the peer",
      [{ $node: "me" }, { $node: "peer" }],
      `92a6${hex("node-1")}ac${hex("controller-1")}`,
    ],
    ["what JSON can say", { a: [true, -1, 1.5, null] }, "81a16194c3ffcb3ff8000000000000c0"],
  ])("%s", (_, value, bytes) => {
    expect(hexOf(value)).toBe(bytes);
  });

  it("an id is the same wherever its name is used, and another in another case", () => {
    const scope = scopeOf();
    expect(hexOf({ $id: "a" }, scope)).toBe(hexOf({ $id: "a" }, scope));
    expect(hexOf({ $id: "a" }, scope)).not.toBe(hexOf({ $id: "b" }, scope));
    expect(hexOf({ $id: "a" })).not.toBe(hexOf({ $id: "a" }));
  });

  it("what was heard, and more", () => {
    const scope = scopeOf();
    scope.remember("credit", { data: { messages: 4 } });
    expect(hexOf({ $heard: "credit.data.messages", plus: 1 }, scope)).toBe("05");
    expect(() => hexOf({ $heard: "credit.data.bytes" }, scope)).toThrow("was not heard");
  });
});

describe("the frames of a table", () => {
  const framed = (frame: Frame, scope = scopeOf()) => bytesOfFrame(frame, scope).toString("hex");

  it("a message is completed, and its id is known as the last", () => {
    const scope = scopeOf();
    const id = "550e8400-e29b-41d4-a716-446655440000";
    const timestamp = { $epoch: 0 };
    const bytes = framed({ message: { type: "ping", id, timestamp, data: { timestamp } } }, scope);
    // As in section 2 of schema/SPEC.md.
    expect(bytes).toBe(
      `524e500101000000006e000085a474797065a470696e67a26964d924${hex(id)}` +
        `a974696d657374616d70cf0000018cfe66d000a673656e646572a6${hex("node-1")}` +
        `a46461746181a974696d657374616d70cf0000018cfe66d000`,
    );
    expect(scope.id(LAST)).toBe(id);
  });

  it.each<[string, Frame, string]>([
    ["its own magic", { payload: "80", magic: "00000000" }, "000000000100000000010000" + "80"],
    ["its own version", { payload: "80", major: 2, minor: 7 }, "524e500102070000000100" + "0080"],
    [
      "its own length and flags",
      { payload: "80", length: 9, flags: 12 },
      "524e50010100000000" + "09000c80",
    ],
    ["bytes without a header", { bytes: "c1" }, "c1"],
    ["cut off", { payload: "80", keep: 4 }, "524e5001"],
    ["repeated", { bytes: "c1", times: 3 }, "c1c1c1"],
    [
      "compressed, with a size of its own",
      { payload: "80", compress: { size: 7 } },
      "524e5001010000000006000107000000" + "1080",
    ],
  ])("%s", (_, frame, bytes) => {
    expect(framed(frame)).toBe(bytes);
  });

  it("a slip in a table is no frame", () => {
    expect(() => framed({ bytes: "c" })).toThrow("hexadecimal");
  });
});

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
