import { AnswersMatch } from "./answers.js";
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
  ];
}
