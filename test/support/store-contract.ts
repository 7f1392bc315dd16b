import { afterEach, describe, expect, it } from "vitest";
import type { KeyRange, KeyReader } from "../../runtime/core/delivery/keeping/key-reader.js";
import type {
  DeliveryStore,
  OutboxEntry,
  StoreBatch,
  StoreContent,
} from "../../runtime/core/delivery/keeping/store.js";

/** A place where a store can be opened again. */
export interface Place {
  open(): Promise<DeliveryStore>;
}

const NODE_2 = { peer: "node-2", channel: "control" };

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

export function entry(number: number, fields: Partial<OutboxEntry> = {}): OutboxEntry {
  return { ...NODE_2, number, message: bytes(`message ${number}`), ...fields };
}

export function effect(key: string, value?: string) {
  return { key, value: value === undefined ? undefined : bytes(value) };
}

/** Content as plain text, whatever kind of bytes it came as. */
function readable({ outbox, sending, receiving }: StoreContent) {
  return {
    outbox: outbox.map((one) => ({ ...one, message: text(one.message) })),
    sending: sending.map((one) => ({ ...one, state: text(one.state) })),
    receiving: receiving.map((one) => ({ ...one, state: text(one.state) })),
  };
}

function pairs(reader: KeyReader, range: KeyRange = {}) {
  return Array.from(reader.range(range), ([key, value]) => [key, text(value)]);
}

function keys(reader: KeyReader, range: KeyRange = {}) {
  return Array.from(reader.range(range), ([key]) => key);
}

/** What every store has to hold to, whatever it is made of. */
export function describeStore(name: string, newPlace: () => Promise<Place>): void {
  describe(name, () => {
    const opened: DeliveryStore[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });

    async function open(place: Place): Promise<DeliveryStore> {
      const store = await place.open();
      opened.push(store);
      return store;
    }

    async function newStore(...batches: StoreBatch[]) {
      const place = await newPlace();
      const store = await open(place);
      await Promise.all(batches.map((batch) => store.commit(batch)));
      const reopened = async () => {
        await store.close();
        return open(place);
      };
      return { place, store, reopened };
    }

    it("is empty at first", async () => {
      const { store } = await newStore();
      expect(await store.load()).toEqual({ outbox: [], sending: [], receiving: [] });
      expect(pairs(store.durable)).toEqual([]);
    });

    it("has all of a commit when it is opened again", async () => {
      const { reopened } = await newStore({
        outbox: [entry(1)],
        sending: [{ ...NODE_2, state: bytes("next 8") }],
        receiving: [{ ...NODE_2, state: bytes("up to 5") }],
        effects: [effect("account/1", "12 EUR")],
      });
      const store = await reopened();
      expect(readable(await store.load())).toEqual({
        outbox: [{ ...entry(1), message: "message 1" }],
        sending: [{ ...NODE_2, state: "next 8" }],
        receiving: [{ ...NODE_2, state: "up to 5" }],
      });
      expect(text(store.durable.get("account/1"))).toBe("12 EUR");
    });

    it("gives the messages of a channel by number", async () => {
      const places = [entry(300), entry(2), entry(2 ** 33), entry(1)];
      const { store } = await newStore({ outbox: places });
      const { outbox } = await store.load();
      expect(outbox.map(({ number }) => number)).toEqual([1, 2, 300, 2 ** 33]);
    });

    it("keeps channels and peers apart", async () => {
      const names = [
        { peer: "a", channel: "bc" },
        { peer: "ab", channel: "c" },
        { peer: "a", channel: "b" },
      ];
      const { store } = await newStore({
        outbox: names.map((name) => entry(1, { ...name, message: bytes(name.channel) })),
        receiving: names.map((name) => ({ ...name, state: bytes(name.peer) })),
      });
      const { outbox, receiving } = await store.load();
      expect(outbox).toHaveLength(3);
      for (const { channel, message } of outbox) expect(text(message)).toBe(channel);
      expect(receiving).toHaveLength(3);
      for (const { peer, state } of receiving) expect(text(state)).toBe(peer);
    });

    it("forgets messages that are settled, and passes over those it does not have", async () => {
      const { store, reopened } = await newStore({ outbox: [entry(1), entry(2)] });
      await store.commit({ settled: [entry(1), entry(9)] });
      const { outbox } = await (await reopened()).load();
      expect(outbox.map(({ number }) => number)).toEqual([2]);
    });

    it("holds to the later of two things that are said about one key", async () => {
      const { store, reopened } = await newStore();
      await Promise.all([
        store.commit({ effects: [effect("a", "1"), effect("a", "2"), effect("b", "1")] }),
        store.commit({ receiving: [{ ...NODE_2, state: bytes("old") }], outbox: [entry(1)] }),
        store.commit({ receiving: [{ ...NODE_2, state: bytes("new") }], settled: [entry(1)] }),
        store.commit({ effects: [effect("b"), effect("c", "1")] }),
        store.commit({ effects: [effect("c"), effect("c", "2")] }),
      ]);
      const again = await reopened();
      const { outbox, receiving } = readable(await again.load());
      expect(outbox).toEqual([]);
      expect(receiving).toEqual([{ ...NODE_2, state: "new" }]);
      expect(pairs(again.durable)).toEqual([
        ["a", "2"],
        ["c", "2"],
      ]);
    });

    it("shows an effect as the latest at once, and as durable when its commit has settled", async () => {
      const { store } = await newStore({ effects: [effect("a", "old"), effect("b", "old")] });
      const committed = store.commit({ effects: [effect("a", "new"), effect("b")] });
      expect(pairs(store.latest)).toEqual([["a", "new"]]);
      expect(store.latest.get("b")).toBeUndefined();
      expect(pairs(store.durable)).toEqual([
        ["a", "old"],
        ["b", "old"],
      ]);
      await committed;
      expect(pairs(store.durable)).toEqual([["a", "new"]]);
      expect(text(store.durable.get("a"))).toBe("new");
    });

    it("settles an empty commit when those before it are durable", async () => {
      const { store } = await newStore();
      const order: string[] = [];
      const first = store.commit({ effects: [effect("a", "1")] }).then(() => order.push("first"));
      await store.commit({});
      order.push("empty");
      await first;
      expect(order).toEqual(["first", "empty"]);
    });

    it("reads keys in the order of their code points, on disk and on the way there alike", async () => {
      const sorted = ["", "a", "a/1", "a/10", "a/2", "b", "\u{e000}", "\u{10000}", "\u{1f600}/1"];
      const { store } = await newStore({
        effects: sorted.filter((_, index) => index % 2 === 0).map((key) => effect(key, key)),
      });
      const rest = sorted.filter((_, index) => index % 2 === 1).reverse();
      const committed = store.commit({ effects: rest.map((key) => effect(key, key)) });
      expect(keys(store.latest)).toEqual(sorted);
      await committed;
      expect(keys(store.durable)).toEqual(sorted);
    });

    it("reads the keys with a prefix, after one, and no more than asked for", async () => {
      const all = ["a", "b/1", "b/2", "b/3", "b/4", "b\u{10ffff}", "c"];
      const { store } = await newStore({ effects: all.map((key) => effect(key, key)) });
      const committed = store.commit({ effects: [effect("b/2"), effect("b/25", "new")] });
      expect(keys(store.latest, { prefix: "b/" })).toEqual(["b/1", "b/25", "b/3", "b/4"]);
      expect(keys(store.latest, { prefix: "b/", limit: 2 })).toEqual(["b/1", "b/25"]);
      expect(keys(store.latest, { prefix: "b/", after: "b/25" })).toEqual(["b/3", "b/4"]);
      await committed;
      expect(keys(store.durable, { prefix: "b" })).toEqual([
        "b/1",
        "b/25",
        "b/3",
        "b/4",
        "b\u{10ffff}",
      ]);
      expect(keys(store.durable, { prefix: "b/", limit: 2 })).toEqual(["b/1", "b/25"]);
      expect(keys(store.durable, { prefix: "b/", after: "b/25", limit: 1 })).toEqual(["b/3"]);
      expect(keys(store.durable, { prefix: "b", after: "a" })).toHaveLength(5);
      expect(keys(store.durable, { prefix: "d" })).toEqual([]);
    });

    it("has one user at a time", async () => {
      const { place, store, reopened } = await newStore();
      await expect(place.open()).rejects.toMatchObject({ code: "CONFLICT" });
      await store.commit({ effects: [effect("a", "1")] });
      expect(text((await reopened()).durable.get("a"))).toBe("1");
    });

    it("keeps its id and counts how often it was opened", async () => {
      const { store, reopened } = await newStore();
      const { id, generation } = store.identity;
      expect(generation).toBe(1);
      expect((await reopened()).identity).toEqual({ id, generation: 2 });
    });

    it("has another id in another place", async () => {
      const [one, other] = [await newStore(), await newStore()];
      expect(one.store.identity.id).not.toBe(other.store.identity.id);
    });

    it("makes durable what was committed before it is closed, and takes nothing later", async () => {
      const { place, store } = await newStore();
      const committed = store.commit({ effects: [effect("a", "1")] });
      await Promise.all([store.close(), store.close()]);
      await expect(committed).resolves.toBeUndefined();
      await expect(store.commit({ effects: [effect("a", "2")] })).rejects.toMatchObject({
        code: "UNAVAILABLE",
      });
      expect(text((await open(place)).durable.get("a"))).toBe("1");
    });
  });
}
