import type { Ledger } from "./ledger.js";

/** Each promise of at-least-once that was broken, in words. */
export function atLeastOnceFaults(ledger: Ledger): string[] {
  const lost = [...ledger.delivered].filter((number) => ledger.handledCount(number) === 0);
  const denied = [...ledger.denied].filter(([number]) => ledger.handledCount(number) > 0);
  return [
    ...lost.map((number) => `${number} was delivered, and no handler is through with it`),
    ...denied.map(([number, why]) => `${number} was ${why}, and has been handled`),
  ];
}

/** What the two stores hold in the end. */
export interface Outcome {
  /** How often the handler of a message has had its effect, by number. */
  readonly runs: ReadonlyMap<number, number>;
  /** Messages that were handled behind one that was sent after them. */
  readonly disordered: readonly number[];
  /** Messages that the sender's transactions have sent. */
  readonly accepted: ReadonlySet<number>;
}

/** Each promise of exactly-once that was broken, in words. */
export function exactlyOnceFaults(
  once: Ledger,
  outbox: Ledger,
  { runs, disordered, accepted }: Outcome,
): string[] {
  const ranOften = [...runs].filter(([, count]) => count > 1);
  const isMissing = (number: number) => !runs.has(number);
  const denied = [...once.denied, ...outbox.denied].filter(([number]) => runs.has(number));
  return [
    ...ranOften.map(([number, count]) => `${number} has had its effect ${count} times`),
    ...disordered.map((number) => `${number} was handled behind one that was sent after it`),
    ...[...once.delivered, ...outbox.delivered]
      .filter(isMissing)
      .map((number) => `${number} was delivered, and is lost`),
    ...[...accepted].filter(isMissing).map((number) => `${number} was accepted, and is lost`),
    ...[...outbox.accepted]
      .filter((number) => !accepted.has(number))
      .map((number) => `the transaction that sent ${number} was durable, and is lost`),
    ...denied.map(([number, why]) => `${number} was ${why}, and has had its effect`),
  ];
}
