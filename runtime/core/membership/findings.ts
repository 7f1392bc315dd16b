import type { Inquiry } from "./inquiry.js";
import type { LocalHealth } from "./local-health.js";
import type { Life } from "./news.js";
import type { Surroundings, Verdict } from "./surroundings.js";
import { type MembershipTiming, suspicionMs } from "./timing.js";

export interface FindingsOptions {
  /** The own node. */
  readonly node: string;
  readonly timing: MembershipTiming;
  readonly health: LocalHealth;
  readonly surroundings: Surroundings;
  readonly verdicts: Verdict[];
}

/** What inquiries lead to: it moves what is believed of their members, and says so in verdicts. */
export class Findings {
  readonly #options: FindingsOptions;

  constructor(options: FindingsOptions) {
    this.#options = options;
  }

  /**
   * From now on the member is suspected, and has a while to refute.
   *
   * @param isOwn whether this node found it out itself; what others told is no news
   */
  suspect(at: number, inquiry: Inquiry, { isOwn }: { isOwn: boolean }): void {
    if (inquiry.belief !== "alive") return;
    inquiry.belief = "suspect";
    const { surroundings, timing, verdicts } = this.#options;
    const { minMs, maxMs } = suspicionMs(surroundings.livingCount, timing);
    const { node, patience } = inquiry.subject;
    const span = { minMs: minMs * patience, maxMs: maxMs * patience };
    inquiry.suspicion.start(at, span, surroundings.voterCount(node));
    if (isOwn) verdicts.push({ kind: "suspect", ...this.#found(inquiry) });
  }

  /** Buries a member whose time is over. Returns whether enough accuse it for that. */
  bury(inquiry: Inquiry): boolean {
    const { surroundings, verdicts } = this.#options;
    if (!inquiry.suspicion.canBury(surroundings.voterCount(inquiry.subject.node))) return false;
    inquiry.belief = "dead";
    verdicts.push({ kind: "dead", ...this.#found(inquiry) });
    if (inquiry.hasReported || inquiry.told !== undefined) this.report(inquiry);
    return true;
  }

  /** Tells the others what is believed, if this node found it out too and they do not know it already. */
  report(inquiry: Inquiry): void {
    const { node, verdicts } = this.#options;
    const { belief, suspicion, told, pingsUnanswered } = inquiry;
    if (belief === "alive" || told === belief) return;
    if (!inquiry.isConcluded || (told === undefined && !suspicion.isNews)) return;
    inquiry.told = belief;
    const accusers = suspicion.namedBy(node);
    for (const accuser of accusers) suspicion.accuse(accuser, { isPublic: true });
    const found = { ...this.#found(inquiry), accusers };
    verdicts.push({ kind: "tell", ...found, state: belief, pingsUnanswered });
  }

  /** The member gave a sign of life, itself or through a helper. One that is buried has to refute that. */
  acquit(inquiry: Inquiry, helper: string | undefined): void {
    if (inquiry.isAsking) this.#options.health.note("answered");
    else this.noteMistake(inquiry);
    if (inquiry.belief === "dead") return;
    if (inquiry.belief === "alive" && helper === undefined) return;
    const { node, epoch, incarnation } = inquiry.subject;
    this.#options.verdicts.push({ kind: "alive", node, epoch, incarnation, helper });
  }

  /** Accusing alone and wrongly speaks against the accuser. What others found too was no mistake of its own. */
  noteMistake({ suspicion }: Inquiry): void {
    const { node, health } = this.#options;
    if (suspicion.isAccusedBy(node) && suspicion.named.length === 1) health.note("mistaken");
  }

  /** A member may be suspected before the inquiry is concluded and anybody accuses it: then this node does. */
  #found({ subject, suspicion }: Inquiry): Life & { node: string; accusers: string[] } {
    const { node, epoch, incarnation } = subject;
    const { named } = suspicion;
    return { node, epoch, incarnation, accusers: named.length > 0 ? named : [this.#options.node] };
  }
}
