import { describe, expect, it } from "vitest";
import { RnpError } from "../../../runtime/core/error.js";
import type { Link } from "../../../runtime/net/link.js";
import { Pool } from "../../../runtime/net/pool.js";

/** A link that only knows whether it is busy. */
class FakeLink {
  isOpen = true;
  inFlightCount = 0;
  usedAt = 0;
  #settleClosed!: () => void;
  readonly closed = new Promise<void>((resolve) => {
    this.#settleClosed = resolve;
  });

  async close(): Promise<void> {
    this.isOpen = false;
    this.#settleClosed();
  }
}

function poolOf(links: FakeLink[], sizeMax: number) {
  let dialCount = 0;
  const pool = new Pool({
    sizeMax,
    idleTimeoutMs: 300_000,
    dial: async () => {
      dialCount += 1;
      const link = new FakeLink();
      links.push(link);
      return link as unknown as Link;
    },
  });
  return { pool, dialCount: () => dialCount };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a pool", () => {
  it("dials once for all who ask while there is no link", async () => {
    const { pool, dialCount } = poolOf([], 4);
    const got = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    expect(new Set(got).size).toBe(1);
    expect(dialCount()).toBe(1);
    await pool.close("test", 0);
  });

  it("gives the link with the fewest messages in flight, and grows while all are busy", async () => {
    const links: FakeLink[] = [];
    const { pool } = poolOf(links, 2);
    await pool.acquire();
    links[0]!.inFlightCount = 3;
    await pool.acquire();
    await settled();
    links[1]!.inFlightCount = 1;
    expect(await pool.acquire()).toBe(links[1]);
    await settled();
    expect(links).toHaveLength(2);
    await pool.close("test", 0);
  });

  it("does not give a link that is closed, and dials another", async () => {
    const links: FakeLink[] = [];
    const { pool } = poolOf(links, 2);
    await pool.acquire();
    await links[0]!.close();
    expect(await pool.acquire()).toBe(links[1]);
    await pool.close("test", 0);
  });

  it("tells why a dial failed, and to whom asks soon after without dialling again", async () => {
    let dialCount = 0;
    const refused = new RnpError("UNAVAILABLE", "nobody listens there");
    const dial = async () => {
      dialCount += 1;
      throw refused;
    };
    const pool = new Pool({ sizeMax: 1, idleTimeoutMs: 300_000, dial });
    const first = await pool.acquire().catch((error) => error);
    expect(first).toBe(refused);
    const later = await Promise.all(
      Array.from({ length: 50 }, () => pool.acquire().catch((error) => error)),
    );
    expect(later.every((error) => error === refused)).toBe(true);
    expect(dialCount).toBeLessThan(10);
    await pool.close("test", 0);
  });

  it("gives up the dial that is under way when it closes, and waits for its end", async () => {
    let aborted = false;
    const dial = (signal: AbortSignal) =>
      new Promise<Link>((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(new RnpError("CANCELLED", "the pool closes"));
        });
      });
    const pool = new Pool({ sizeMax: 1, idleTimeoutMs: 300_000, dial });
    const asked = pool.acquire().catch((error) => error);
    await pool.close("test", 0);
    expect(aborted).toBe(true);
    expect(await asked).toMatchObject({ code: "CANCELLED" });
  });
});
