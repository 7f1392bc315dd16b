import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { PING } from "../../../generated/messages/ping.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { boundsOf } from "../../support/codec/bounds.js";
import { LooseWriter } from "../../support/codec/loose-writer.js";
import { mutatedBytes } from "../../support/codec/mutated-bytes.js";
import { mutatedValue } from "../../support/codec/mutated-value.js";
import { envelopeOf, payloadOf, SENDER } from "../../support/codec/payloads.js";
import { Random } from "../../support/codec/random.js";
import { TwoPaths, type Verdict } from "../../support/codec/two-paths.js";
import { arbitraryOf } from "../schema/arbitrary.js";
import { links, messageSources } from "../schema/sources.js";

const PATHS = new TwoPaths(SENDER, MESSAGES);
const BOUNDS = boundsOf(links.files.values());
const DATA = messageSources.find(({ type }) => type === PING.type)?.examples[0];
const PLACE = { channel: "control", epoch: 1_705_075_100_000, seq: 42, floor: 40 };
const placeThat = (promises: object) => {
  const { channel, epoch, seq, floor } = PLACE;
  return { channel, epoch, ...promises, seq, floor };
};
const UUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

function packed(value: unknown): Uint8Array {
  const writer = new PackWriter();
  writer.value(value);
  return Uint8Array.from(writer.bytes());
}

/** The fields that some are changed of; one that is undefined is left out. */
function read(changes: object): Verdict {
  return PATHS.read(packed(envelopeOf(PING.type, DATA, changes)));
}

describe("an envelope", () => {
  const cases: readonly [string, object, Verdict][] = [
    ["without optional fields", {}, "fast"],
    ["with reply_to", { reply_to: UUID }, "fast"],
    ["with deadline_ms", { deadline_ms: 100 }, "fast"],
    ["with reply_to and deadline_ms", { reply_to: UUID, deadline_ms: 100 }, "fast"],
    ["with deadline_ms before reply_to", { deadline_ms: 100, reply_to: UUID }, "reference"],
    ["with meta", { meta: { traceparent: "00-01" } }, "reference"],
    ["with empty meta", { meta: {} }, "reference"],
    ["with meta that its schema refuses", { meta: { UPPER: "1" } }, "refused"],
    ["with a place in a channel", { delivery: PLACE }, "fast"],
    [
      "with a place, reply_to and deadline_ms",
      { reply_to: UUID, deadline_ms: 1, delivery: PLACE },
      "fast",
    ],
    ["with a place and meta", { meta: { a: "1" }, delivery: PLACE }, "reference"],
    ["with a place before meta", { delivery: PLACE, meta: { a: "1" } }, "reference"],
    [
      "with the last places",
      { delivery: { ...PLACE, seq: 2 ** 53 - 1, floor: 2 ** 53 - 1 } },
      "fast",
    ],
    ["with a durable place", { delivery: placeThat({ durable: true }) }, "fast"],
    [
      "with a place that is said not to be durable",
      { delivery: placeThat({ durable: false }) },
      "reference",
    ],
    [
      "with a place that is durable at the end",
      { delivery: { ...PLACE, durable: true } },
      "reference",
    ],
    [
      "with a place that is durable to a number",
      { delivery: placeThat({ durable: 1 }) },
      "refused",
    ],
    ["with a place for once", { delivery: placeThat({ once: true }) }, "fast"],
    [
      "with a place that is said not to be for once",
      { delivery: placeThat({ once: false }) },
      "reference",
    ],
    [
      "with a place that is for once at the end",
      { delivery: { ...PLACE, once: true } },
      "reference",
    ],
    [
      "with a durable place for once",
      { delivery: placeThat({ durable: true, once: true }) },
      "reference",
    ],
    ["with a place for a number of times", { delivery: placeThat({ once: 1 }) }, "refused"],
    ["with a place that is later", { delivery: placeThat({ later: true }) }, "reference"],
    ["with a place past the last", { delivery: { ...PLACE, seq: 2 ** 53 } }, "refused"],
    ["with the place 0", { delivery: { ...PLACE, seq: 0 } }, "refused"],
    ["with the floor 0", { delivery: { ...PLACE, floor: 0 } }, "refused"],
    ["with the epoch 0", { delivery: { ...PLACE, epoch: 0 } }, "refused"],
    ["with half a place", { delivery: { ...PLACE, seq: 1.5 } }, "refused"],
    [
      "with a channel of 63 characters",
      { delivery: { ...PLACE, channel: "c".repeat(63) } },
      "fast",
    ],
    [
      "with a channel of 64 characters",
      { delivery: { ...PLACE, channel: "c".repeat(64) } },
      "refused",
    ],
    ["with a channel that is no name", { delivery: { ...PLACE, channel: "Control" } }, "refused"],
    ["with an empty channel", { delivery: { ...PLACE, channel: "" } }, "refused"],
    ["with a place without a floor", { delivery: { channel: "a", epoch: 1, seq: 1 } }, "refused"],
    [
      "with a place in another order",
      { delivery: { floor: 1, seq: 1, epoch: 1, channel: "a" } },
      "reference",
    ],
    ["with a place that says more", { delivery: { ...PLACE, later: 1 } }, "reference"],
    ["with an unknown field", { later: 1 }, "reference"],
    ["with a moment of 0", { timestamp: 0 }, "fast"],
    ["with the last moment", { timestamp: 253_402_300_799_999 }, "fast"],
    ["with a moment past the last", { timestamp: 253_402_300_800_000 }, "refused"],
    ["with a moment before the first", { timestamp: -1 }, "refused"],
    ["with half a millisecond", { timestamp: 0.5 }, "refused"],
    ["with no time left", { deadline_ms: 0 }, "fast"],
    ["with the longest deadline", { deadline_ms: 2_147_483_647 }, "fast"],
    ["with a deadline over the longest", { deadline_ms: 2_147_483_648 }, "refused"],
    ["with a negative deadline", { deadline_ms: -1 }, "refused"],
    ["with an id in upper case", { id: UUID.toUpperCase() }, "refused"],
    ["with an id of other characters", { id: UUID.replace("6", "g") }, "refused"],
    ["with an id without dashes", { id: UUID.replaceAll("-", "0") }, "refused"],
    ["with an id one short", { id: UUID.slice(1) }, "refused"],
    ["with a reply_to in upper case", { reply_to: UUID.toUpperCase() }, "refused"],
    ["with a number for reply_to", { reply_to: 1 }, "refused"],
    ["with another sender", { sender: "node-2" }, "reference"],
    ["with a sender that begins like ours", { sender: `${SENDER}0` }, "reference"],
    ["with a sender that is no name", { sender: "Node 1" }, "refused"],
    ["with a type that is not known", { type: "ping.later" }, "reference"],
    ["with a type that is no name", { type: "PING" }, "refused"],
    ["without a type", { type: undefined }, "refused"],
    ["without an id", { id: undefined }, "refused"],
    ["without a timestamp", { timestamp: undefined }, "refused"],
    ["without a sender", { sender: undefined }, "refused"],
  ];
  test.each(cases)("%s is read alike by both paths", (_name, changes, verdict) => {
    expect(read(changes)).toBe(verdict);
  });

  test("is refused with data that is no map", () => {
    for (const data of [[], "text", 1, true, new Uint8Array(2)]) {
      expect(PATHS.read(packed(envelopeOf(PING.type, data)))).toBe("refused");
    }
  });

  test("is refused without data", () => {
    const { data: _, ...rest } = envelopeOf(PING.type, DATA) as { data: unknown };
    expect(PATHS.read(packed(rest))).toBe("refused");
  });

  test("is read in any order of its fields", () => {
    const entries = Object.entries(envelopeOf(PING.type, DATA));
    for (let first = 1; first < entries.length; first++) {
      const turned = [...entries.slice(first), ...entries.slice(0, first)];
      expect(PATHS.read(packed(Object.fromEntries(turned)))).toBe("reference");
    }
  });

  test("is refused where it is cut, even if the rest lies behind it in the same chunk", () => {
    const payload = payloadOf(PING, DATA, { more: { reply_to: UUID, deadline_ms: 70_000 } });
    for (let size = 0; size < payload.length; size++) {
      expect(PATHS.read(payload, 0, size)).toBe("refused");
      expect(PATHS.read(payload.slice(0, size))).toBe("refused");
    }
  });

  test("is read wherever it lies in a chunk", () => {
    const payload = payloadOf(PING, DATA);
    for (let before = 0; before < 40; before++) {
      const chunk = new Uint8Array(before + payload.length + 3).fill(0xc1);
      chunk.set(payload, before);
      expect(PATHS.read(chunk, before, before + payload.length)).toBe("fast");
      expect(PATHS.read(chunk, before, before + payload.length + 1)).toBe("refused");
    }
  });
});

describe("a whole message", () => {
  const messages = fc.oneof(
    ...messageSources.map(({ type, file, schema }) => {
      const values = arbitraryOf({ file, pointer: "", schema }, links);
      return values.map((data) => ({ type: MESSAGES.get(type)!, data }));
    }),
  );
  const more = fc.record(
    {
      reply_to: fc.constant(UUID),
      deadline_ms: fc.nat(),
      delivery: fc.record(
        {
          channel: fc.constantFrom("control", "data.1", "a", "c".repeat(63)),
          epoch: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
          durable: fc.boolean(),
          once: fc.boolean(),
          seq: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
          floor: fc.integer({ min: 1, max: 70_000 }),
        },
        { requiredKeys: ["channel", "epoch", "seq", "floor"], noNullPrototype: true },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const holds = (check: (payload: Uint8Array, envelope: object, random: Random) => void) => {
    const seeds = fc.noShrink(fc.integer());
    const property = fc.property(messages, more, seeds, ({ type, data }, optional, seed) => {
      check(
        payloadOf(type, data, { more: optional }),
        envelopeOf(type.type, data, optional),
        new Random(seed),
      );
    });
    fc.assert(property, { numRuns: 2000 });
  };

  test("is read alike by both paths as our own encoders write it", () => {
    holds((payload) => {
      expect(PATHS.read(payload)).not.toBe("refused");
    });
  });

  test("is read alike in every form that means the same", () => {
    holds((_payload, envelope, random) => {
      PATHS.read(new LooseWriter(random, 12, 0, random.oneIn(2)).bytes(envelope));
    });
  });

  test("is read alike with values that its schema refuses", () => {
    holds((_payload, envelope, random) => {
      let changed = mutatedValue(envelope, BOUNDS, random);
      try {
        packed(changed);
      } catch {
        changed = envelope;
      }
      PATHS.read(new LooseWriter(random, 40, 2, true).bytes(changed));
    });
  });

  test("is read alike once its bytes are damaged", () => {
    holds((payload, _envelope, random) => {
      PATHS.read(mutatedBytes(payload, random));
    });
  });
});
