import type { GossipProbeResult } from "../../generated/messages/gossip/probe_result.js";

/** The questions of others to which this node seeks the answer, under numbers of their own. */
export class Errands {
  readonly #open = new Map<number, (result: GossipProbeResult) => void>();
  #lastToken = 0;

  /** The answer settles with `answer`, if ever; what nobody waits for any more is dropped with `signal`. */
  begin(signal: AbortSignal): { token: number; answer: Promise<GossipProbeResult> } {
    this.#lastToken += 1;
    const token = this.#lastToken;
    signal.addEventListener("abort", () => this.#open.delete(token), { once: true });
    const answer = new Promise<GossipProbeResult>((resolve) => this.#open.set(token, resolve));
    return { token, answer };
  }

  answer(token: number, result: GossipProbeResult): void {
    this.#open.get(token)?.(result);
    this.#open.delete(token);
  }
}
