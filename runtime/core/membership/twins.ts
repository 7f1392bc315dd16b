import type { Command, MembershipOptions } from "./contract.js";
import type { News } from "./news.js";
import type { OwnMember } from "./own-member.js";
import type { SelfResult } from "./self.js";

export type TwinsOptions = Pick<MembershipOptions, "node" | "timing"> & {
  readonly own: OwnMember;
  readonly commands: Command[];
  readonly takeToken: () => number;
};

/**
 * Whether another process goes by this node's id. News of one names an address; who answers there with this
 * node's id, which its connection has to prove, is a twin, and the later of the two remains.
 */
export class Twins {
  readonly #options: TwinsOptions;
  #asked: { readonly token: number; readonly news: News } | undefined;

  constructor(options: TwinsOptions) {
    this.#options = options;
  }

  /** Asks at the address in news of this node who is there. */
  seek(news: News): void {
    const { node, timing, commands, takeToken } = this.#options;
    const { address } = news;
    if (address === undefined) return;
    const token = takeToken();
    const timeoutMs = timing.noAnswerAfterMs - timing.lateAfterMs;
    this.#asked = { token, news };
    commands.push({ kind: "locate", node, address }, { kind: "ping", to: node, token, timeoutMs });
  }

  hasAsked(token: number): boolean {
    return this.#asked?.token === token;
  }

  /** The answer: whether somebody is there. Reports a twin, also where it is this node that remains. */
  settle(now: number, isThere: boolean): SelfResult {
    const { node, own, commands } = this.#options;
    const { epoch: mine } = own.life;
    const twin = this.#asked?.news;
    this.#asked = undefined;
    const result = own.settleTwin(now, isThere);
    commands.push({ kind: "forget", node });
    if (!isThere || twin === undefined) return result;
    const { epoch: other, address = "" } = twin;
    commands.push({ kind: "conflict", node, mine, other, address });
    return result;
  }
}
