import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

interface Accusation {
  readonly node: string;
  readonly epoch: number | undefined;
  readonly by: readonly string[];
}

/** A node that has stood still accuses no healthy one for a while: it was itself that could not be heard. */
export class WakingIsHumble extends Rule {
  override readonly rule = "who has stood still accuses nobody who is healthy";
  readonly #humbleMs: number;

  constructor(truth: Truth, humbleMs: number) {
    super(truth);
    this.#humbleMs = humbleMs;
  }

  override see({ id }: View, { commands, changes }: Output): void {
    const wokeMs = this.truth.now - this.truth.wokeAt(id);
    if (!(wokeMs >= 0 && wokeMs < this.#humbleMs)) return;
    for (const command of commands) {
      for (const accusation of accusationsIn(command)) this.#judge(id, accusation);
    }
    for (const { node, after } of changes) {
      if (after?.state !== "suspect" && after?.state !== "dead") continue;
      this.#judge(id, { node, epoch: after.epoch, by: after.accusers });
    }
  }

  #judge(id: string, { node, epoch, by }: Accusation): void {
    if (by.length > 0 && !by.includes(id)) return;
    const meant = epoch ?? this.truth.epochOf(node) ?? -1;
    if (this.truth.isHealthy(node, meant, this.#humbleMs)) this.fail(`${id} accuses ${node}`);
  }
}

function accusationsIn(command: Command): Accusation[] {
  if (command.kind === "suspect") {
    const { suspect_node: node, epoch, accusers: by = [] } = command.data;
    return [{ node, epoch, by }];
  }
  if (command.kind !== "heartbeat") return [];
  const news = command.data.news ?? [];
  return news
    .filter(({ state }) => state === "suspect" || state === "dead")
    .map(({ node, epoch, accusers: by = [] }) => ({ node, epoch, by }));
}
