import { describe, expect, it } from "vitest";
import type { Link } from "../../../runtime/net/link.js";
import { Route } from "../../../runtime/node/route.js";

describe("the open connection for what may go by any", () => {
  it("is that with the latest process, however much waits on it", () => {
    const [early, late] = [link({ epoch: 1 }), link({ epoch: 2, queuedBytes: 1000 })];
    expect(routeWith(early, late).anyOpen("node-1")).toBe(late);
    expect(routeWith(late, early).anyOpen("node-1")).toBe(late);
  });

  it("is that with a process that tells when it started, before one that does not", () => {
    const [silent, telling] = [link({}), link({ epoch: 1 })];
    expect(routeWith(silent, telling).anyOpen("node-1")).toBe(telling);
  });

  it("is, of two with one process, that on which less waits", () => {
    const [full, free] = [link({ epoch: 1, queuedBytes: 1000 }), link({ epoch: 1 })];
    expect(routeWith(full, free).anyOpen("node-1")).toBe(free);
  });

  it("is the same at both ends where nothing waits: that which the lesser name has dialled", () => {
    const [ours, theirs] = [link({ side: "client" }), link({ side: "server" })];
    expect(routeWith(ours, theirs).anyOpen("node-1")).toBe(ours);
    expect(routeWith(ours, theirs).anyOpen("node-3")).toBe(theirs);
  });

  it("is never one that is closed", () => {
    const [open, closed] = [link({ epoch: 1 }), link({ epoch: 2, isOpen: false })];
    expect(routeWith(open, closed).anyOpen("node-1")).toBe(open);
    expect(routeWith(closed).anyOpen("node-1")).toBeUndefined();
  });
});

interface LinkFields {
  readonly epoch?: number;
  readonly queuedBytes?: number;
  readonly side?: "client" | "server";
  readonly isOpen?: boolean;
}

/** A connection with node-2. */
function link({ epoch, queuedBytes = 0, side = "client", isOpen = true }: LinkFields): Link {
  const agreement = epoch === undefined ? undefined : { peerBootEpochMs: epoch };
  return { peer: { id: "node-2" }, agreement, queuedBytes, side, isOpen } as unknown as Link;
}

function routeWith(...links: readonly Link[]): Route {
  const route = new Route();
  for (const each of links) route.links.add(each);
  return route;
}
