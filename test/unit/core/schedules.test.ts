import fc from "fast-check";
import { expect, it } from "vitest";
import { Bystander } from "../../support/bystander.js";
import type { Pair } from "../../support/pair.js";
import { twoNodes } from "../../support/two-nodes.js";

/** Two applications on one connection, whose bytes arrive when, and in pieces as, the schedule says. */
class Run {
  readonly #pair: Pair = twoNodes({ client: { capabilities: ["bin", "flow", "streams"] } });
  readonly #sides: readonly [Bystander, Bystander];
  /** Bytes on their way to either side. */
  readonly #ways: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  #now = 0;
  #nextMarker = 0;

  constructor() {
    const { client, server } = this.#pair;
    this.#sides = [new Bystander(client.connection), new Bystander(server.connection)];
  }

  step([index, kind, a, b]: Step): void {
    const side = this.#sides[index];
    const timeoutMs = 1 + (b % 500);
    switch (kind) {
      case "send":
        return side.send(this.#marker(), a * 40);
      case "sendForAck":
        return side.sendForAck(this.#now, this.#marker(), a * 40, timeoutMs);
      case "request":
        return side.request(this.#now, this.#marker(), timeoutMs);
      case "openStream": {
        const deadline = b % 2 === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
        return side.openStream(this.#now, this.#marker(), deadline, 1 + (a % 50));
      }
      case "heartbeat":
        return side.heartbeat();
      case "cancel":
        return side.cancel(a);
      case "grant":
        return side.grant(a, 1 + (b % 20));
      case "conclude":
        return side.conclude(a, b % 4);
      case "produce":
        return side.produce(a, 1 + (b % 50));
      case "carry":
        return this.#carry(index, a * b);
      case "wait":
        return this.#wait(a % 200);
    }
  }

  /** Lets everything come to its end: bytes arrive, handlers conclude, deadlines pass. */
  finish(): void {
    for (let quiet = 0; quiet < 3; ) {
      const moved = this.#carryAll();
      let concluded = 0;
      for (const side of this.#sides) {
        concluded += side.unsettled.length;
        while (side.unsettled.length > 0) side.conclude(0, 2);
      }
      quiet = moved + concluded === 0 ? quiet + 1 : 0;
    }
    this.#wait(1000);
    this.#carryAll();
  }

  assertEnded(): void {
    for (const [index, side] of this.#sides.entries()) {
      const peer = this.#sides[1 - index]!;
      expect(side.closed).toBeUndefined();
      expect(side.connection.isStalled).toBe(false);
      expect(side.connection.queuedSize).toBe(0);
      expect(side.connection.isIdle).toBe(true);
      expect(side.connection.unsettledSize).toBe(0);
      for (const { ends, marker } of side.calls) {
        expect(ends).toHaveLength(1);
        if (ends[0] === "not-delivered") expect(peer.seen).not.toContain(marker);
        if (ends[0] === "settled") expect(peer.seen).toContain(marker);
      }
      expect(peer.seen).toEqual([...new Set(peer.seen)].sort((one, other) => one - other));
    }
  }

  /** Uses up what credit there is: with nothing left, the receiver returns all that it has. */
  assertConserved(): void {
    for (const [index, side] of this.#sides.entries()) {
      const peer = this.#sides[1 - index]!;
      while (side.connection.creditBytes > 0) side.send(this.#marker(), 50_000);
      this.finish();
      expect(side.connection.creditBytes).toBe(peer.connection.windowBytes);
    }
  }

  #marker(): number {
    return this.#nextMarker++;
  }

  #carryAll(): number {
    let total = 0;
    for (let moved = -1; moved !== 0; total += moved) {
      for (const index of [0, 1] as const) this.#collect(index);
      moved = this.#ways[0].length + this.#ways[1].length;
      for (const index of [0, 1] as const) this.#carry(index, Number.POSITIVE_INFINITY);
    }
    return total;
  }

  /** Takes up to `size` bytes to one side. */
  #carry(index: 0 | 1, size: number): void {
    this.#collect((1 - index) as 0 | 1);
    const way = this.#ways[index];
    const bytes = Uint8Array.from(way.subarray(0, size));
    this.#ways[index] = way.subarray(bytes.length);
    this.#sides[index].connection.handleBytes(this.#now, bytes);
    this.#collect(index);
    this.#assertBounded(this.#sides[index]);
  }

  #collect(index: 0 | 1): void {
    const side = this.#sides[index];
    const { writes, events } = side.connection.takeOutput();
    const to = 1 - index;
    this.#ways[to] = Buffer.concat([this.#ways[to]!, ...writes]);
    if (writes.length > 0) side.connection.handleWritten();
    for (const event of events) side.handle(event);
  }

  #wait(ms: number): void {
    this.#now += ms;
    for (const index of [0, 1] as const) {
      this.#sides[index].connection.handleTimeout(this.#now);
      this.#collect(index);
    }
  }

  #assertBounded({ connection, sizeMax }: Bystander): void {
    expect(connection.unsettledSize).toBeLessThanOrEqual(connection.windowBytes + sizeMax);
  }
}

const KINDS = [
  ...["send", "sendForAck", "request", "openStream", "heartbeat", "cancel", "grant"],
  ...["conclude", "conclude", "conclude", "produce", "carry", "carry", "carry", "wait"],
] as const;
type Kind = (typeof KINDS)[number];
type Step = readonly [side: 0 | 1, kind: Kind, a: number, b: number];

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom(0 as const, 1 as const),
    fc.constantFrom(...KINDS),
    fc.nat(1000),
    fc.nat(1000),
  ),
  { maxLength: 150, size: "max" },
);

it("whatever two applications do: all ends once, in order, within the window, and no credit is lost", () => {
  fc.assert(
    fc.property(steps, (schedule) => {
      const run = new Run();
      for (const step of schedule) run.step(step);
      run.finish();
      run.assertEnded();
      run.assertConserved();
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 20_000 },
  );
});
