import { setTimeout as sleep } from "node:timers/promises";
import type { InstanceLocation } from "../../index.js";
import type { InstanceWork } from "./instance-work.js";
import { inTurn, others, type WorkSite } from "./work-site.js";

/** The instance goes from node to node, and the controller knows where it is. */
export class MoveWork {
  readonly #site: WorkSite;
  readonly #instance: InstanceWork;

  constructor(site: WorkSite, instance: InstanceWork) {
    this.#site = site;
    this.#instance = instance;
  }

  /** Whether there is a node to move to. */
  get isPossible(): boolean {
    return this.#site.constellation.nodes.length > 1;
  }

  /** Any member may have an instance moved; here it is one that is neither its source nor its target. */
  async move(): Promise<void> {
    const { counts, report } = this.#site;
    const { instance_id, host: from } = this.#instance.place;
    const to = this.#nodeAfter(from);
    const by = inTurn(others(this.#site, from, to), counts.instances_moved);
    const moved = await by.do("move-instance", { instance_id, from, to });
    counts.instances_moved += 1;
    report({ event: "instance_moved", by: by.node, instance_id, from, to, ...moved });
    this.#instance.settleOn(to);
  }

  /** A node asks the controller, until it says what is so: it hears of a move a moment after it is done. */
  async locate(): Promise<void> {
    const { constellation, counts, report } = this.#site;
    const { instance_id, host } = this.#instance.place;
    const asker = inTurn(constellation.nodes, counts.instances_moved);
    const giveUpAtMs = performance.now() + LOCATE_TIMEOUT_MS;
    for (;;) {
      const location = await asker.do("locate-instance", { instance_id });
      const { node, state = "running" } = location;
      if (node === host && state === "running") {
        report({ event: "instance_located", by: asker.node, instance_id, node });
        return;
      }
      if (performance.now() > giveUpAtMs) throw new Error(misplaced(location, host));
      await sleep(POLL_INTERVAL_MS);
    }
  }

  #nodeAfter(from: string): string {
    const { nodes } = this.#site.constellation;
    return inTurn(nodes, nodes.findIndex(({ node }) => node === from) + 1).node;
  }
}

function misplaced({ instance_id, node, state }: InstanceLocation, host: string): string {
  const patience = `for ${LOCATE_TIMEOUT_MS / 1000} s`;
  return `${instance_id} runs on ${host}, but the controller has it as ${state} on ${node} ${patience}`;
}

const LOCATE_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;
