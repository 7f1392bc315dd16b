import { describe, expect, it } from "vitest";
import {
  type ChannelNote,
  packNote,
  unpackNote,
} from "../../../../runtime/core/delivery/keeping/channel-note.js";
import { PackWriter } from "../../../../runtime/wire/pack-writer.js";

const NOTE: ChannelNote = {
  epoch: 1_705_075_100_000,
  base: 40,
  acked: 3,
  highest: 7,
  memory: "16fd2706-8baf-433b-82eb-8c7fada847da",
  idSeed: "00000000-0000-4000-8000-000000000000",
  next: 51,
  pool: "control",
};

describe("what is written down of a sending channel", () => {
  it.each([NOTE, { ...NOTE, memory: undefined }])("is read as it was", (note) => {
    expect(unpackNote(packNote(note))).toEqual(note);
  });

  it("by an earlier version tells of cumulative acks alone", () => {
    const { highest: _, ...earlier } = NOTE;
    const writer = new PackWriter();
    writer.value(earlier);
    expect(unpackNote(Uint8Array.from(writer.bytes()))).toEqual({ ...NOTE, highest: 3 });
  });
});
