import { describe, expect, it } from "vitest";
import { HEARTBEAT, type Heartbeat } from "../../../generated/messages/heartbeat.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { PING } from "../../../generated/messages/ping.js";
import { RnpError } from "../../../runtime/core/error.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { HOST } from "../../../runtime/net/clock.js";
import type { Link } from "../../../runtime/net/link.js";
import { Pool, type PoolOptions } from "../../../runtime/net/pool.js";
import { FakeLink } from "../../support/fake-link.js";

const REFUSED = new RnpError("UNAVAILABLE", "nobody listens there", { peer: "node-2" });
const FORGED = new RnpError("AUTH_FAILED", "not a certificate of this cluster", { peer: "node-2" });
/** Far above what makes a link busy. */
const VERY_BUSY = 1000;

function poolWith(options: Partial<PoolOptions>): Pool {
  const dial = async () => new FakeLink().link;
  const channels = { name: "peer", epoch: 1, host: HOST, meter: new TrafficMeter() } as const;
  const borrow = () => undefined;
  return new Pool({ peer: "node-2", sizeMax: 4, channels, dial, borrow, ...options });
}

/** A pool whose dials succeed, and the links that they gave. */
function openPool(sizeMax: number) {
  const links: FakeLink[] = [];
  const dial = async () => {
    const fake = new FakeLink();
    links.push(fake);
    return fake.link;
  };
  return { pool: poolWith({ sizeMax, dial }), links };
}

/** A pool whose dials end as a test says, and how many there were. */
function closedPool() {
  const dials: { succeed(fake: FakeLink): void; fail(error: RnpError): void }[] = [];
  const dial = (signal: AbortSignal) =>
    new Promise<Link>((resolve, reject) => {
      dials.push({ succeed: (fake) => resolve(fake.link), fail: reject });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { pool: poolWith({ dial }), dials };
}

function ask(
  pool: Pool,
  timestamp = 0,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
) {
  return pool.request(PING, { timestamp }, { timeoutMs: 10_000, ...options });
}

const load = (cpu_percent: number): Heartbeat => ({
  cpu_percent,
  ram_used_mb: 1,
  instance_count: 0,
});
const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error) => error);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a pool with open links", () => {
  it("sends what is awaited on the link with the least to do", async () => {
    const { pool, links } = openPool(2);
    await ask(pool);
    links[0]!.inFlightCount = VERY_BUSY;
    await ask(pool);
    await turn();
    links[1]!.inFlightCount = VERY_BUSY - 1;
    await ask(pool, 7);
    expect(links[1]!.carried).toEqual([{ timestamp: 7 }]);
    expect(pool.inFlightCount).toBe(2 * VERY_BUSY - 1);
  });

  it("counts what waits to be written like calls", async () => {
    const { pool, links } = openPool(2);
    for (const fake of [new FakeLink(), new FakeLink()]) {
      links.push(fake);
      pool.keep(fake.link);
    }
    links[0]!.queuedBytes = 2 ** 20;
    links[1]!.inFlightCount = 20;
    await ask(pool);
    expect(links.map(({ carried }) => carried.length)).toEqual([0, 1]);
  });

  it("grows where what waits to be written keeps it busy", async () => {
    const { pool, links } = openPool(2);
    await ask(pool);
    links[0]!.queuedBytes = 2 ** 20;
    await ask(pool);
    await turn();
    expect(links).toHaveLength(2);
  });

  it("tells who posts whether to go on", async () => {
    const { pool, links } = openPool(1);
    await ask(pool);
    expect(pool.post(HEARTBEAT, load(1))).toBe(true);
    links[0]!.queuedBytes = 1;
    expect(pool.post(HEARTBEAT, load(2))).toBe(false);
    await pool.drained();
    expect(pool.post(HEARTBEAT, load(3))).toBe(true);
    expect(links[0]!.carried.slice(1)).toEqual([load(1), load(2), load(3)]);
  });

  it("takes those that have equally much to do in turn", async () => {
    const { pool, links } = openPool(3);
    for (const fake of [new FakeLink(), new FakeLink(), new FakeLink()]) {
      links.push(fake);
      pool.keep(fake.link);
    }
    for (let count = 0; count < 9; count++) await ask(pool, count);
    expect(links.map(({ carried }) => carried.length)).toEqual([3, 3, 3]);
  });

  it("starts at once, before anybody awaits anything", async () => {
    const { pool, links } = openPool(1);
    await ask(pool);
    void ask(pool, 1);
    void pool.send(HEARTBEAT, load(2));
    void pool.sendForAck(HEARTBEAT, load(3), { timeoutMs: 1000 });
    expect(links[0]!.carried).toHaveLength(4);
  });

  it("keeps what is not awaited on one link, in order, however busy that is", async () => {
    const { pool, links } = openPool(2);
    for (const fake of [new FakeLink(), new FakeLink()]) {
      links.push(fake);
      pool.keep(fake.link);
    }
    for (let count = 0; count < 5; count++) {
      links[0]!.inFlightCount = count * VERY_BUSY;
      await ask(pool);
      await pool.send(HEARTBEAT, load(count));
    }
    const isLoad = (data: unknown) => Object.hasOwn(data as object, "cpu_percent");
    expect(links[0]!.carried.filter(isLoad)).toEqual([0, 1, 2, 3, 4].map(load));
  });

  it("grows while all are busy, up to its size, and is served by what it has meanwhile", async () => {
    const { pool, links } = openPool(2);
    for (let count = 0; count < 5; count++) {
      await ask(pool);
      await turn();
      for (const fake of links) fake.inFlightCount = VERY_BUSY;
    }
    expect(links).toHaveLength(2);
  });

  it("does not grow for a few messages, which leave in one write", async () => {
    const { pool, links } = openPool(2);
    await ask(pool);
    links[0]!.inFlightCount = 8;
    await ask(pool);
    await turn();
    expect(links).toHaveLength(1);
  });

  it("does not use a link that is closed, and dials another", async () => {
    const { pool, links } = openPool(1);
    await ask(pool);
    await links[0]!.close();
    expect(pool.isOpen).toBe(false);
    await ask(pool, 1);
    await pool.send(HEARTBEAT, load(2));
    expect(links[1]!.carried).toEqual([{ timestamp: 1 }, load(2)]);
  });

  it("borrows while it has none of its own", async () => {
    const borrowed = new FakeLink();
    const dial = () => expect.unreachable();
    const pool = poolWith({ dial, borrow: () => borrowed.link });
    await ask(pool, 1);
    await pool.send(HEARTBEAT, load(2));
    expect(borrowed.carried).toEqual([{ timestamp: 1 }, load(2)]);
  });
});

describe("a pool without an open link", () => {
  it("dials once for all who ask, and lets them in as they came", async () => {
    const { pool, dials } = closedPool();
    const asked = [ask(pool, 1), pool.send(HEARTBEAT, load(2)), ask(pool, 3)];
    expect(pool.inFlightCount).toBe(3);
    const fake = new FakeLink();
    dials[0]!.succeed(fake);
    await Promise.all(asked);
    expect(fake.carried).toEqual([{ timestamp: 1 }, load(2), { timestamp: 3 }]);
    expect(dials).toHaveLength(1);
  });

  it("opens a stream once it has one", async () => {
    const { pool, dials } = closedPool();
    const ended = pool.stream(LOG_SUBSCRIBE, { instance_id: "inst-1" }).next();
    const fake = new FakeLink();
    dials[0]!.succeed(fake);
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(fake.carried).toEqual([{ instance_id: "inst-1" }]);
  });

  it("fails a stream when the dial fails", async () => {
    const { pool, dials } = closedPool();
    const ended = failureOf(pool.stream(LOG_SUBSCRIBE, { instance_id: "inst-1" }).next());
    dials[0]!.fail(REFUSED);
    expect(await ended).toBe(REFUSED);
  });

  it("refuses what is posted and dials, so that a later one can be", async () => {
    const { pool, dials } = closedPool();
    expect(() => pool.post(HEARTBEAT, load(1))).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", outcome: "not-delivered", peer: "node-2" }),
    );
    const drained = pool.drained();
    const fake = new FakeLink();
    dials[0]!.succeed(fake);
    await drained;
    expect(pool.post(HEARTBEAT, load(2))).toBe(true);
    expect(fake.carried).toEqual([load(2)]);
  });

  it("fails all who wait when the dial fails, with its reason", async () => {
    const { pool, dials } = closedPool();
    const asked = [failureOf(ask(pool)), failureOf(pool.send(HEARTBEAT, load(1)))];
    dials[0]!.fail(REFUSED);
    expect(await Promise.all(asked)).toEqual([REFUSED, REFUSED]);
  });

  it("fails what is not awaited at once until the next dial is due, without dialling", async () => {
    const { pool, dials } = closedPool();
    const asked = failureOf(ask(pool));
    dials[0]!.fail(REFUSED);
    await asked;
    const sent = Array.from({ length: 50 }, () => failureOf(pool.send(HEARTBEAT, load(1))));
    const errors = await Promise.all(sent.slice(0, 1));
    expect(errors).toEqual([REFUSED]);
    expect(dials.length).toBeLessThan(3);
    await pool.close("test", 0);
  });

  it("dials again for a call, which is the first to learn that the peer is back", async () => {
    const { pool, dials } = closedPool();
    const first = failureOf(ask(pool));
    dials[0]!.fail(REFUSED);
    await first;
    const second = ask(pool, 2);
    await expect.poll(() => dials.length).toBe(2);
    dials[1]!.succeed(new FakeLink());
    expect(await second).toEqual({ answerTo: { timestamp: 2 } });
  });

  it("tells who loses patience why there was no connection", async () => {
    const { pool, dials } = closedPool();
    const first = failureOf(ask(pool));
    dials[0]!.fail(REFUSED);
    await first;
    const second = await failureOf(ask(pool, 2, { timeoutMs: 20 }));
    expect(second).toMatchObject({ code: "TIMEOUT", outcome: "not-delivered", cause: REFUSED });
    expect((second as Error).message).toContain("nobody listens there");
    await pool.close("test", 0);
  });

  it("lets nobody wait behind a refused certificate until there is news of the peer", async () => {
    const { pool, dials } = closedPool();
    const first = failureOf(ask(pool));
    dials[0]!.fail(FORGED);
    await first;
    expect(await failureOf(ask(pool))).toBe(FORGED);
    expect(dials).toHaveLength(1);
    pool.forgive();
    const second = ask(pool, 2);
    expect(dials).toHaveLength(2);
    dials[1]!.succeed(new FakeLink());
    await second;
  });

  it("dials at once for those who wait when there is news of the peer", async () => {
    const { pool, dials } = closedPool();
    for (let count = 0; count < 4; count++) {
      const asked = failureOf(ask(pool));
      await expect.poll(() => dials.length).toBe(count + 1);
      dials[count]!.fail(REFUSED);
      await asked;
    }
    const waiting = ask(pool, 7);
    pool.forgive();
    expect(dials).toHaveLength(5);
    dials[4]!.succeed(new FakeLink());
    await waiting;
  });

  it("lets a caller leave who no longer wants it, without a message being sent", async () => {
    const { pool, dials } = closedPool();
    const leaving = new AbortController();
    const asked = failureOf(ask(pool, 1, { signal: leaving.signal }));
    leaving.abort();
    expect(await asked).toMatchObject({ code: "CANCELLED", outcome: "not-delivered" });
    const fake = new FakeLink();
    dials[0]!.succeed(fake);
    await ask(pool, 2);
    expect(fake.carried).toEqual([{ timestamp: 2 }]);
  });

  it("bounds how many wait", async () => {
    const { pool } = closedPool();
    for (let count = 0; count < 10_000; count++) void failureOf(ask(pool));
    expect(await failureOf(ask(pool))).toMatchObject({ code: "BACKPRESSURE" });
    await pool.close("test", 0);
  });

  it("gives up the dial that is under way when it closes, and those who wait for it", async () => {
    let aborted = false;
    const dial = (signal: AbortSignal) =>
      new Promise<Link>((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(signal.reason);
        });
      });
    const pool = poolWith({ dial });
    const asked = failureOf(ask(pool));
    await pool.close("test", 0);
    expect(aborted).toBe(true);
    expect(await asked).toMatchObject({ code: "UNAVAILABLE", outcome: "not-delivered" });
    expect(await failureOf(ask(pool))).toMatchObject({ code: "UNAVAILABLE" });
  });
});
