import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

/** The messages of one sender on one connection; control messages are a lane of their own. */
interface Lane {
  readonly sent: number[];
  arrivedCount: number;
}

/**
 * Messages of one connection arrive in the order in which they were sent. Those missing in between were reported
 * as not delivered; while the connection lives, those at the end are missing neither.
 */
export class ConnectionOrder extends Checker {
  override readonly rule = "messages of a connection arrive in order, and none is left out";
  readonly #lanes = new Map<string, Lane>();
  readonly #laneOf = new Map<number, { readonly name: string; readonly index: number }>();
  readonly #skipped = new Set<number>();
  readonly #notDelivered = new Set<number>();
  readonly #closed = new Set<number>();

  protected override judge(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "call":
        return this.#sent(occurrence);
      case "arrived":
        return this.#arrived(occurrence.call);
      case "settled":
        if (occurrence.outcome === "not-delivered") this.#notDelivered.add(occurrence.call);
        return;
      case "closed":
        return void this.#closed.add(occurrence.connection);
      case "crashed":
        return this.#crashed(occurrence.node);
      case "phase":
        if (occurrence.name === "closing") this.#finish();
    }
  }

  #sent({ call, node, connection, verb }: Extract<Occurrence, { kind: "call" }>): void {
    if (verb === "deliver" || verb === "keep") return;
    const name = `${connection} ${node} ${verb === "post" ? "control" : "paid"}`;
    const lane = this.#lanes.get(name) ?? { sent: [], arrivedCount: 0 };
    this.#lanes.set(name, lane);
    this.#laneOf.set(call, { name, index: lane.sent.push(call) - 1 });
  }

  #arrived(call: number): void {
    const place = this.#laneOf.get(call);
    if (place === undefined) return;
    const lane = this.#lanes.get(place.name)!;
    if (place.index < lane.arrivedCount) return this.fail(`call ${call} arrived out of order`);
    this.#skip(lane, place.index);
    lane.arrivedCount = place.index + 1;
  }

  #skip(lane: Lane, until: number): void {
    for (let index = lane.arrivedCount; index < until; index++) {
      this.#skipped.add(lane.sent[index]!);
    }
  }

  /** Connections of the dead end without a word. */
  #crashed(node: string): void {
    for (const name of this.#lanes.keys()) {
      const [connection, sender] = name.split(" ");
      if (sender === node) this.#closed.add(Number(connection));
    }
  }

  #finish(): void {
    for (const [name, lane] of this.#lanes) {
      if (!this.#closed.has(Number.parseInt(name, 10))) this.#skip(lane, lane.sent.length);
    }
    for (const call of this.#skipped) {
      if (!this.#notDelivered.has(call)) this.fail(`call ${call} never arrived`);
    }
  }
}
