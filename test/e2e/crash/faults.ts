import type { Ledger } from "./ledger.js";

/** Each promise of at-least-once that was broken, in words. */
export function atLeastOnceFaults(ledger: Ledger): string[] {
  const isHandled = (number: number) => ledger.handledCount(number) > 0;
  const lost = [...ledger.delivered].filter((number) => !isHandled(number));
  return [
    ...lost.map((number) => `${number} was delivered, and no handler is through with it`),
    ...deniedWrongly(ledger, isHandled),
  ];
}

/** What the two stores hold in the end. */
export interface Outcome {
  /** How often the handler of a message of the lane `once` has had its effect, by number. */
  readonly onceRuns: ReadonlyMap<number, number>;
  /** The same of the lane `outbox`. */
  readonly outboxRuns: ReadonlyMap<number, number>;
  /** Messages that were handled behind one that was sent after them. */
  readonly disordered: readonly number[];
  /** Messages that the sender's transactions have sent. */
  readonly accepted: ReadonlySet<number>;
}

/** Each promise of exactly-once that was broken, in words. */
export function exactlyOnceFaults(once: Ledger, outbox: Ledger, outcome: Outcome): string[] {
  const { onceRuns, outboxRuns, disordered, accepted } = outcome;
  const forgotten = [...outbox.accepted].filter((number) => !accepted.has(number));
  // The last one is sent without a transaction.
  const isSent = (number: number) => accepted.has(number) || outbox.delivered.has(number);
  const undone = [...outboxRuns.keys()].filter((number) => !isSent(number));
  return [
    ...laneFaults(once, onceRuns),
    ...laneFaults(outbox, outboxRuns),
    ...disordered.map((number) => `${number} was handled behind one that was sent after it`),
    ...missing("accepted", accepted, outboxRuns),
    ...forgotten.map((number) => `the transaction that sent ${number} was durable, and is lost`),
    ...undone.map((number) => `${number} has had its effect without the transaction that sent it`),
  ];
}

/** What goes for all that was promised exactly-once, however it was sent. */
function laneFaults(ledger: Ledger, runs: ReadonlyMap<number, number>): string[] {
  const ranOften = [...runs].filter(([, count]) => count > 1);
  // Both stores are there all the time.
  const givenUp = [...ledger.failed].filter(([, why]) => why.startsWith("SESSION_LOST"));
  return [
    ...ranOften.map(([number, count]) => `${number} has had its effect ${count} times`),
    ...missing("delivered", ledger.delivered, runs),
    ...givenUp.map(([number, why]) => `${number} was ${why}, and no store was lost`),
    ...deniedWrongly(ledger, (number) => runs.has(number)),
  ];
}

function missing(
  what: string,
  numbers: ReadonlySet<number>,
  runs: ReadonlyMap<number, number>,
): string[] {
  const lost = [...numbers].filter((number) => !runs.has(number));
  return lost.map((number) => `${number} was ${what}, and is lost`);
}

/** No handler has seen what is `not-delivered`, and none of ours refuses anything. */
function deniedWrongly({ failed }: Ledger, isHandled: (number: number) => boolean): string[] {
  return [...failed]
    .filter(([number, why]) => !why.endsWith("unknown") && isHandled(number))
    .map(([number, why]) => `${number} was ${why}, and has been handled`);
}
