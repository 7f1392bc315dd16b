import { medianRatio } from "../statistics.js";
import type { Codec, Contender } from "./contender.js";
import type { BenchMessage } from "./messages.js";
import { roundTripFault } from "./round-trip.js";

export interface RoundOptions {
  /** How many times everything is measured; the median counts. */
  readonly roundCount: number;
  /** How long each contender runs at a time, in milliseconds. */
  readonly sliceMs: number;
  /** How long each runs beforehand, for the compiler. */
  readonly warmUpMs: number;
}

export const OPERATIONS = ["encode", "decode"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The speeds of one contender at one message, in operations a second, one for each round. */
export interface Speeds {
  readonly contender: string;
  readonly operation: Operation;
  readonly speeds: number[];
}

/** One message with all contenders for it. */
export interface Field {
  readonly message: BenchMessage;
  readonly codecs: ReadonlyMap<string, Codec>;
  readonly speeds: readonly Speeds[];
}

interface Runner extends Speeds {
  readonly run: () => number;
  /** How many operations fill a slice. */
  count: number;
}

/**
 * Measures everyone at everything. In each round every contender runs for a short slice at each message, one
 * right after the other and in another order each time, so that whatever else the machine does meets all
 * alike. All of it is warm before, with all messages, as in a node that has been up for a while: code that
 * several messages share is then compiled for all of them.
 */
export function measure(
  messages: readonly BenchMessage[],
  contenders: readonly Contender[],
  options: RoundOptions,
): readonly Field[] {
  const fields = messages.map((message) => {
    const codecs = new Map(contenders.map((each) => [each.name, faithful(each, message)] as const));
    return { message, codecs, speeds: [...codecs].flatMap(runnersOf) };
  });
  const runners = fields.flatMap(({ speeds }) => speeds);
  for (const milliseconds of [options.warmUpMs / 2, options.warmUpMs / 2]) {
    for (const runner of runners) warmUp(runner, milliseconds, options.sliceMs);
  }
  for (let round = 0; round < options.roundCount; round++) {
    for (const { speeds } of fields) {
      for (const runner of rotated(speeds, round)) runner.speeds.push(speedOf(runner));
    }
  }
  return fields;
}

/** A contender that loses something on the way is not worth measuring. */
function faithful(contender: Contender, message: BenchMessage): Codec {
  const codec = contender.prepare(message);
  const fault = roundTripFault(codec);
  if (fault === undefined) return codec;
  throw new Error(`${contender.name} does not carry ${message.type}: ${fault}`);
}

function runnersOf([contender, codec]: readonly [string, Codec]): readonly Runner[] {
  return OPERATIONS.flatMap((operation) => {
    const run = codec[operation];
    return run === undefined ? [] : [{ contender, operation, run, count: 1, speeds: [] }];
  });
}

function warmUp(runner: Runner, milliseconds: number, sliceMs: number): void {
  const endAt = performance.now() + milliseconds;
  do {
    const speed = speedOf(runner);
    runner.count = Math.max(1, Math.ceil((speed * sliceMs) / 1000));
  } while (performance.now() < endAt);
}

/** Operations a second, over one slice. */
function speedOf({ run, count }: Runner): number {
  const startedAt = performance.now();
  let digest = 0;
  for (let index = 0; index < count; index++) digest += run();
  const seconds = (performance.now() - startedAt) / 1000;
  if (!(digest > 0)) throw new Error("a contender gave no result");
  return count / Math.max(seconds, 1e-9);
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** The median over all rounds of how many times as fast `ours` was as `theirs` in the same round. */
export function ratioOf(ours: Speeds, theirs: Speeds): number {
  return medianRatio(ours.speeds, theirs.speeds);
}
