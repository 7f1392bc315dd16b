import { describe, expect, it } from "vitest";
import type { SyncResponse } from "../../../generated/messages/sync/response.js";
import { type ServiceEntry, ServiceTable } from "../../../runtime/node/service-table.js";

function service(instance_id: string, healthy = true): ServiceEntry {
  return { service_name: "users", instance_id, node: "node-1", address: "a:1", healthy };
}

/** One question of `asker` to `teller`, as two nodes that understand hashes have it. */
function ask(asker: ServiceTable, teller: ServiceTable, speaks = true): SyncResponse {
  const answer = teller.answer(asker.known("controller-1"), speaks);
  const response = { members: [], full: false, ...answer };
  asker.learn("controller-1", response);
  return response;
}

describe("the services of the cluster", () => {
  it("are told by who keeps a registry, and told again only when they have changed", () => {
    let registry = [service("a"), service("b")];
    const teller = new ServiceTable(() => registry);
    const asker = new ServiceTable(undefined);
    expect(ask(asker, teller).services).toHaveLength(2);
    expect(ask(asker, teller).services).toEqual([]);
    expect(asker.all()).toEqual(registry);
    registry = [service("b"), service("a")];
    expect(ask(asker, teller).services).toEqual([]);
    registry = [service("a"), service("b", false)];
    expect(ask(asker, teller).services).toHaveLength(2);
    expect(asker.all()).toEqual(registry);
    registry = [];
    ask(asker, teller);
    expect(asker.all()).toEqual([]);
  });

  it("are told without a hash to who knows only the specification", () => {
    const teller = new ServiceTable(() => [service("a")]);
    expect(teller.answer({}, false)).toEqual({ services: [service("a")] });
  });

  it("are not known to who keeps no registry, and its answer changes nothing", () => {
    const keeper = new ServiceTable(() => [service("a")]);
    const asker = new ServiceTable(undefined);
    ask(asker, keeper);
    asker.learn("node-2", { members: [], full: true, ...asker.answer({}, true) });
    expect(asker.answer({}, true)).toEqual({ services: [] });
    expect(asker.all()).toEqual([service("a")]);
  });

  it("of a peer that knows only the specification are those of its last full answer", () => {
    const asker = new ServiceTable(undefined);
    const full = { members: [], full: true };
    asker.learn("old", { ...full, services: [service("a")] });
    asker.learn("old", { ...full, full: false, services: [] });
    expect(asker.all()).toHaveLength(1);
    asker.learn("old", { ...full, services: [] });
    expect(asker.all()).toEqual([]);
  });

  it("are each there once, as the own registry has them, and go with who told them", () => {
    const table = new ServiceTable(() => [service("a", false)]);
    const told = { members: [], full: true, services: [service("a"), service("b")] };
    table.learn("controller-2", told);
    expect(table.all()).toEqual([service("a", false), service("b")]);
    table.forget("controller-2");
    expect(table.all()).toEqual([service("a", false)]);
  });
});
