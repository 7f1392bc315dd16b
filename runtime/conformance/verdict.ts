import type { GroupedCase, Kind } from "./table.js";

/** What became of one case. */
export interface Verdict {
  readonly id: string;
  readonly kind: Kind;
  readonly group: string;
  readonly title: string;
  /** Sections of `schema/SPEC.md` that say what should come of it. */
  readonly spec: readonly number[];
  readonly verdict: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason?: string;
  /** How long it took. */
  readonly ms: number;
}

/** The case does not count with this peer. */
export class Skipped extends Error {}

/** The peer does not do as the case says. */
export class Failed extends Error {}

/** Lives through one case and says what became of it; what `live` throws decides. */
export async function verdictOf(each: GroupedCase, live: () => Promise<void>): Promise<Verdict> {
  const { id, kind, group, title, spec } = each;
  const beganAt = performance.now();
  const told = (verdict: Verdict["verdict"], reason?: string): Verdict => ({
    id,
    kind,
    group,
    title,
    spec,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ms: Math.round(performance.now() - beganAt),
  });
  try {
    await live();
    return told("passed");
  } catch (thrown) {
    const reason = (thrown as Error).message;
    if (thrown instanceof Skipped) return told("skipped", reason);
    if (each.optional && thrown instanceof Failed) return told("skipped", `optional: ${reason}`);
    return told("failed", reason);
  }
}
