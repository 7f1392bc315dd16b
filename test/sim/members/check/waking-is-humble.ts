import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import type { Life } from "../../../../runtime/core/membership/news.js";
import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

interface Accusation extends Partial<Life> {
  readonly node: string;
  readonly by: readonly string[];
}

/** A node that has stood still accuses no healthy one for a while: it was itself that could not be heard. */
export class WakingIsHumble extends Rule {
  override readonly rule = "who has stood still accuses nobody who is healthy";
  readonly #humbleMs: number;
  /** Who has accused whom already: that may be said again by one who does not know better yet. */
  readonly #accused = new Set<string>();

  constructor(truth: Truth, humbleMs: number) {
    super(truth);
    this.#humbleMs = humbleMs;
  }

  override see({ id }: View, { commands, changes }: Output): void {
    for (const command of commands) {
      for (const accusation of accusationsIn(command)) this.#judge(id, accusation);
    }
    for (const { node, after } of changes) {
      if (after?.state !== "suspect" && after?.state !== "dead") continue;
      this.#judge(id, { ...after, node, by: after.accusers });
    }
  }

  #judge(id: string, { node, epoch, incarnation, by }: Accusation): void {
    if (by.length > 0 && !by.includes(id)) return;
    const whom = `${id} > ${node} ${epoch}.${incarnation}`;
    if (this.#accused.has(whom)) return;
    this.#accused.add(whom);
    const wokeMs = this.truth.now - this.truth.wokeAt(id);
    if (!(wokeMs >= 0 && wokeMs < this.#humbleMs)) return;
    const meant = epoch ?? this.truth.epochOf(node) ?? -1;
    if (this.truth.isHealthy(node, meant, this.#humbleMs)) this.fail(`${id} accuses ${node}`);
  }
}

function accusationsIn(command: Command): Accusation[] {
  if (command.kind === "suspect") {
    const { suspect_node: node, accusers: by = [] } = command.data;
    // Who tells a node itself what is believed of it has it say that this is not so.
    return command.to === node ? [] : [{ ...command.data, node, by }];
  }
  if (command.kind !== "heartbeat") return [];
  const news = command.data.news ?? [];
  return news
    .filter(({ state }) => state === "suspect" || state === "dead")
    .map(({ accusers: by = [], ...doubt }) => ({ ...doubt, by }));
}
