import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NO_FACTS } from "../../../runtime/core/membership/facts.js";
import type { MemberState } from "../../../runtime/core/membership/news.js";
import { MapRows, type Row } from "../../../runtime/core/membership/rows.js";
import { MemberFeed } from "../../../runtime/node/member-feed.js";
import type { Member } from "../../../runtime/node/member-list.js";

function row(node: string, state: MemberState, epoch = 1): Row {
  const fields = { node, state, epoch, role: "node", incarnation: 0 } as const;
  return new MapRows().set({ ...fields, facts: NO_FACTS, accusers: [] });
}

const describeRow = ({ node, state }: Row) => ({ node, state }) as Member;

describe("the feed of member changes", () => {
  let feed: MemberFeed;
  const change = (node: string, before: MemberState | undefined, after: MemberState) =>
    feed.publish({ node, before: before && row(node, before), after: row(node, after) });

  beforeEach(() => {
    vi.useFakeTimers();
    feed = new MemberFeed(describeRow);
  });
  afterEach(() => vi.useRealTimers());

  it("gives each listener what happens after it began to listen, even before it asks", async () => {
    change("early", undefined, "alive");
    const changes = feed.listen();
    change("node-2", undefined, "alive");
    change("node-3", "alive", "left");
    expect((await changes.next()).value).toEqual({
      kind: "joined",
      node: "node-2",
      state: "alive",
      previous: undefined,
      member: { node: "node-2", state: "alive" },
    });
    expect((await changes.next()).value).toMatchObject({ kind: "left", previous: "alive" });
  });

  it("answers those who wait, in the order in which they asked", async () => {
    const changes = feed.listen();
    const waiting = [changes.next(), changes.next()];
    change("node-2", undefined, "alive");
    change("node-3", undefined, "alive");
    const seen = (await Promise.all(waiting)).map(({ value }) => value?.node);
    expect(seen).toEqual(["node-2", "node-3"]);
  });

  it("shows a suspicion only when it has lasted a moment", async () => {
    const changes = feed.listen();
    const next = changes.next();
    let isShown = false;
    void next.then(() => {
      isShown = true;
    });
    change("node-2", "alive", "suspect");
    await vi.advanceTimersByTimeAsync(200);
    change("node-2", "suspect", "alive");
    await vi.advanceTimersByTimeAsync(1000);
    expect(isShown).toBe(false);
    change("node-2", "alive", "suspect");
    await vi.advanceTimersByTimeAsync(300);
    expect((await next).value).toMatchObject({ kind: "suspected", node: "node-2" });
  });

  it("shows a slow listener the way from what it saw last to what is true", async () => {
    const changes = feed.listen();
    change("node-2", undefined, "alive");
    await changes.next();
    for (let round = 0; round < 1000; round++) {
      change("node-2", "alive", "dead");
      change("node-2", "dead", "alive");
    }
    change("node-2", "alive", "left");
    expect((await changes.next()).value).toMatchObject({ kind: "left", previous: "alive" });
    feed.close();
    expect(await changes.next()).toMatchObject({ done: true });
  });

  it("ends when it is closed, for those who wait and those who begin afterwards", async () => {
    const waiting = feed.listen().next();
    feed.close();
    expect(await waiting).toMatchObject({ done: true });
    expect(await feed.listen().next()).toMatchObject({ done: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets a listener go that ends, also while it waits, with its timer", async () => {
    const changes = feed.listen();
    const waiting = changes.next();
    change("node-2", "alive", "suspect");
    await vi.advanceTimersByTimeAsync(10);
    await changes.return?.();
    expect(await waiting).toMatchObject({ done: true });
    expect(await changes.next()).toMatchObject({ done: true });
    expect(vi.getTimerCount()).toBe(0);
  });
});
