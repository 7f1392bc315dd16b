import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

/** Two sides that keep to the protocol part for these reasons only. */
const INNOCENT: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT"]);
/** What a side may say about a single message of the other, here where handlers fail and time out. */
const ORDINARY: ReadonlySet<string> = new Set([
  ...["INTERNAL_ERROR", "TIMEOUT", "BACKPRESSURE", "CONFLICT", "SESSION_LOST"],
]);

/** Sides that keep to the protocol do not accuse one another, and connections end at both ends. */
export class Lifetimes extends Checker {
  override readonly rule = "connections end at both ends, in peace, and leave nothing behind";
  readonly #open = new Map<number, Set<string>>();
  /** By channel: its epoch, and the connections that its copies left by. */
  readonly #epochs = new Map<string, { readonly epoch: number; readonly by: Set<number> }>();
  /** Connections that carried what a later epoch has replaced since. */
  readonly #outdated = new Set<number>();
  readonly #lives = new Map<string, number>();
  /** By connection: its ends, and which lives of theirs have it. */
  readonly #ends = new Map<number, ReadonlyMap<string, number>>();

  protected override judge(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "started":
        return void this.#lives.set(occurrence.node, occurrence.life);
      case "dialled": {
        const nodes = [occurrence.node, occurrence.to];
        const lives = nodes.map((node) => [node, this.#lives.get(node) ?? 0] as const);
        return void this.#ends.set(occurrence.connection, new Map(lives));
      }
      case "copy":
        return this.#sent(occurrence);
      case "open":
        return this.#opened(occurrence.connection, occurrence.node);
      case "closed":
        return this.#closed(occurrence);
      case "refused": {
        const { by, code, connection, node } = occurrence;
        if (!ORDINARY.has(code)) this.fail(`${by} refused at ${node} on ${connection}: ${code}`);
        return;
      }
      case "crashed":
        for (const nodes of this.#open.values()) nodes.delete(occurrence.node);
        return;
      case "left":
        if (occurrence.connections > 0) {
          this.fail(`${occurrence.node} left with ${occurrence.connections} connections`);
        }
        return;
      case "phase":
        if (occurrence.name === "closing") this.#checkPairs();
        return;
      case "over":
        return this.#over(occurrence.remains);
    }
  }

  #opened(connection: number, node: string): void {
    const nodes = this.#open.get(connection) ?? new Set();
    if (nodes.has(node)) this.fail(`${connection} opened twice at ${node}`);
    this.#open.set(connection, nodes.add(node));
  }

  #closed({ connection, node, code, reason }: Extract<Occurrence, { kind: "closed" }>): void {
    this.#open.get(connection)?.delete(node);
    if (code === undefined || INNOCENT.has(code)) return;
    if (code === "CONFLICT" && this.#isOutdated(connection)) return;
    this.fail(`${connection} closed at ${node}: ${code} ${reason}`);
  }

  #sent({ node, to, channel, epoch, connection }: Extract<Occurrence, { kind: "copy" }>): void {
    const name = `${node} ${to} ${channel}`;
    const known = this.#epochs.get(name);
    if (known?.epoch === epoch) return void known.by.add(connection);
    for (const each of known?.by ?? []) this.#outdated.add(each);
    this.#epochs.set(name, { epoch, by: new Set([connection]) });
  }

  /** Whether what was sent before a process ended, or began another epoch, may still come. */
  #isOutdated(connection: number): boolean {
    if (this.#outdated.has(connection)) return true;
    const ends = [...(this.#ends.get(connection) ?? [])];
    return ends.some(([node, life]) => this.#lives.get(node) !== life);
  }

  #checkPairs(): void {
    for (const [connection, nodes] of this.#open) {
      if (nodes.size === 1) this.fail(`${connection} is open at ${[...nodes]} only`);
    }
  }

  #over(remains: number): void {
    if (remains > 0) this.fail(`${remains} timers or connections are left behind`);
    for (const [connection, nodes] of this.#open) {
      if (nodes.size > 0) this.fail(`${connection} was never closed at ${[...nodes]}`);
    }
  }
}
