import { AnswersMatch } from "./answers.js";
import { EffectsOnce, NoFalseAlarm, NothingLost, OnePlace, Together } from "./channels/kept.js";
import { CopiesAreTold, FewAttempts, RunsOnce } from "./channels/once.js";
import { ChannelOrder, Fenced } from "./channels/order.js";
import { DeliveredInChannel, WithoutEffect } from "./channels/outcomes.js";
import { AcksAreTrue, GivenUp } from "./channels/receiving.js";
import { Runs } from "./channels/runs.js";
import { NoVainCopies, Numbers } from "./channels/sending.js";
import type { Checker } from "./checker.js";
import { Credit } from "./credit.js";
import { Delivered, NotDelivered, RunsAtMostOnce } from "./handlers-run.js";
import { Lifetimes } from "./lifetimes.js";
import { ConnectionOrder } from "./order.js";
import { SettlesOnce } from "./settles-once.js";
import { Streams } from "./streams.js";
import { TotalQueue } from "./total-queue.js";

export type { Problem } from "./checker.js";

/** All rules, for one world. */
export function checkers(): Checker[] {
  const runs = new Runs();
  return [
    new SettlesOnce(),
    new RunsAtMostOnce(),
    new NotDelivered(),
    new Delivered(),
    new AnswersMatch(),
    new Streams(),
    new ConnectionOrder(),
    new Credit(),
    new Lifetimes(),
    new TotalQueue(),
    new DeliveredInChannel(runs),
    new WithoutEffect(runs),
    new RunsOnce(runs),
    new CopiesAreTold(runs),
    new FewAttempts(runs),
    new ChannelOrder(runs),
    new Fenced(runs),
    new Numbers(runs),
    new NoVainCopies(runs),
    new AcksAreTrue(runs),
    new GivenUp(runs),
    new EffectsOnce(runs),
    new NothingLost(runs),
    new Together(runs),
    new OnePlace(runs),
    new NoFalseAlarm(runs),
  ];
}
