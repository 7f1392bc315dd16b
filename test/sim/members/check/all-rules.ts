import type { Engine } from "../engine/engine.js";
import { FewConnections } from "./few-connections.js";
import { FewTimers } from "./few-timers.js";
import { GoneIsForgotten } from "./gone-is-forgotten.js";
import { GoneIsNoticed } from "./gone-is-noticed.js";
import { HealthyLives } from "./healthy-lives.js";
import { LeftIsNoDeath } from "./left-is-no-death.js";
import { LivesGrow } from "./lives-grow.js";
import type { Rule } from "./rule.js";
import { RumoursEnd } from "./rumours-end.js";
import type { Truth } from "./truth.js";
import { TwoBury } from "./two-bury.js";
import { ViewsAgree } from "./views-agree.js";
import { WakingIsHumble } from "./waking-is-humble.js";

/** How strict the rules are. */
export interface Strictness {
  /** How long after a trouble of its own a node may still be taken for dead. */
  readonly graceMs: number;
  /** Within which a node that is gone is dead to all. */
  readonly deadWithinMs: number;
  /** How long a node that has stood still accuses nobody. */
  readonly humbleMs: number;
  /** Where every node is connected to every other: no limit. */
  readonly connectionCountMax: number;
  /** How often a piece of news is told, for each tenfold of nodes. */
  readonly rumourFactor: number;
  /** After which a node that is gone is in no table. */
  readonly forgottenAfterMs: number;
  /** Events that may be on their way in the end, for each node. */
  readonly pendingCountMax: number;
}

export function allRules(truth: Truth, engine: Engine, strictness: Strictness): Rule[] {
  return [
    new HealthyLives(truth, strictness.graceMs),
    new GoneIsNoticed(truth, strictness.deadWithinMs),
    new LivesGrow(truth),
    new LeftIsNoDeath(truth),
    new WakingIsHumble(truth, strictness.humbleMs),
    new TwoBury(truth),
    new FewConnections(truth, strictness.connectionCountMax),
    new RumoursEnd(truth, strictness.rumourFactor),
    new ViewsAgree(truth),
    new GoneIsForgotten(truth, strictness.forgottenAfterMs),
    new FewTimers(truth, engine, strictness.pendingCountMax),
  ];
}
