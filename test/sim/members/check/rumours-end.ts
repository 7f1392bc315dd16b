import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import type { News } from "../../../../runtime/core/membership/news.js";
import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

type Heartbeat = Extract<Command, { kind: "heartbeat" }>;

/**
 * Each node tells a piece of news a few times, never twice to the same node, and then no more. A doubt with another
 * accuser is another piece of news, and of accusers there are three at most.
 */
export class RumoursEnd extends Rule {
  override readonly rule = "news is told so often and no oftener";
  readonly #factor: number;
  /** To whom each process has told each piece of news. */
  readonly #told = new Map<string, string[]>();

  /** `factor`: how often for each tenfold of nodes. */
  constructor(truth: Truth, factor: number) {
    super(truth);
    this.#factor = factor;
  }

  override see(view: View, { commands }: Output): void {
    for (const command of commands) {
      // Without a promise it is no heartbeat that news rides on, but an answer to the node itself.
      if (command.kind !== "heartbeat" || command.data.next_ms === undefined) continue;
      for (const news of command.data.news ?? []) this.#tell(view, command, news);
    }
  }

  #tell({ id, epoch }: View, { to }: Heartbeat, news: News): void {
    const { node, epoch: life, incarnation, state, accusers = [] } = news;
    const what = `${state} of ${node} ${life}.${incarnation} by ${accusers.length}`;
    const told = this.#of(`${id} ${epoch} ${what}`);
    if (told.includes(to)) this.fail(`${id} tells ${to} twice that ${what}`);
    told.push(to);
    // All who have ever been there may count.
    const countMax = this.#factor * Math.ceil(Math.log10(this.truth.nodeCount + 1));
    if (told.length > countMax) this.fail(`${id} tells ${told.length} times that ${what}`);
  }

  #of(key: string): string[] {
    let told = this.#told.get(key);
    if (told === undefined) {
      told = [];
      this.#told.set(key, told);
    }
    return told;
  }
}
