import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageIds } from "../../../runtime/core/message-ids.js";

const PREFIX = "6ba7b810-9dad-41d1-80b4-";
const ID_COUNT = 2 ** 48;

/** Ids that count on from `number`. */
function idsFrom(number: number): MessageIds {
  return new MessageIds(idOf(number));
}

function idOf(number: number): string {
  return PREFIX + number.toString(16).padStart(12, "0");
}

/** The next id as it is put into a frame. */
function put(ids: MessageIds): { id: string; view: DataView } {
  const bytes = Buffer.alloc(48);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = ids.put(view, 3);
  return { id: bytes.toString("latin1", 3, end), view };
}

function viewOf(id: string): DataView {
  const bytes = Uint8Array.from(id, (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer);
}

describe("the ids of a connection", () => {
  it.each([0, 0xfffe, 2 ** 30 - 2, 2 ** 32 - 2, 2 ** 47 - 1, ID_COUNT - 2])(
    "count on from %i, one by one, and begin again at the end",
    (first) => {
      const ids = idsFrom(first);
      for (let step = 0; step < 4; step++) {
        expect(put(ids).id).toBe(idOf((first + step) % ID_COUNT));
      }
      expect(ids.next()).toBe(idOf((first + 4) % ID_COUNT));
    },
  );

  it("are found again by their key, read from a text, from a frame or just made", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        const ids = idsFrom(number % ID_COUNT);
        const coming = ids.nextKey;
        const { id, view } = put(ids);
        expect(ids.lastKey).toBe(coming);
        expect(ids.keyOf(id)).toBe(coming);
        expect(ids.keyAt(view, 3)).toBe(coming);
        expect(ids.textOf(coming)).toBe(id);
      }),
    );
  });

  it("have the text of a key also after many more, over each wrap of the counter", () => {
    for (const first of [2 ** 30 - 5, 2 ** 32 - 5, ID_COUNT - 5]) {
      const ids = idsFrom(first);
      const made = Array.from({ length: 20 }, () => {
        const { id } = put(ids);
        return { id, key: ids.lastKey };
      });
      for (const { id, key } of made) expect(ids.textOf(key)).toBe(id);
    }
  });

  it("have keys that are small integers, different for a billion in a row", () => {
    const first = 2 ** 40 + 12_345;
    const [one, other] = [idsFrom(first), idsFrom(first + 2 ** 30)];
    put(one);
    put(other);
    expect(one.lastKey).toBe(other.lastKey);
    expect(one.lastKey).toBeLessThan(2 ** 30);
    put(other);
    expect(one.lastKey).not.toBe(other.lastKey);
  });

  it("leave one out where they are told to", () => {
    const ids = idsFrom(0xffff);
    ids.skip();
    expect(put(ids).id).toBe(idOf(0x10000));
  });
});

describe("the id of another", () => {
  const OTHER = "550e8400-e29b-41d4-a716-446655440000";

  it("is its own key, and the text of that", () => {
    const ids = idsFrom(7);
    expect(ids.keyOf(OTHER)).toBe(OTHER);
    expect(ids.textOf(OTHER)).toBe(OTHER);
    expect(ids.keyAt(viewOf(OTHER), 0)).toBeUndefined();
  });

  it("is not taken for ours where it differs only in the last character of what is common to ours", () => {
    const ids = idsFrom(7);
    const near = `${PREFIX.slice(0, -2)}5-000000000007`;
    expect(ids.keyAt(viewOf(near), 0)).toBeUndefined();
    expect(ids.keyOf(near)).toBe(near);
  });

  it("is read alike in upper and in lower case where it counts", () => {
    const ids = idsFrom(0xabcdef);
    const { id } = put(ids);
    const upper = PREFIX + id.slice(PREFIX.length).toUpperCase();
    expect(ids.keyAt(viewOf(upper), 0)).toBe(ids.lastKey);
    expect(ids.keyOf(upper)).toBe(ids.lastKey);
  });
});
