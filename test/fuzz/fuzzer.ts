import { MESSAGES } from "../../generated/dispatch.js";
import { boundsOf } from "../support/codec/bounds.js";
import { LooseWriter } from "../support/codec/loose-writer.js";
import { mutatedBytes } from "../support/codec/mutated-bytes.js";
import { mutatedValue } from "../support/codec/mutated-value.js";
import { SENDER } from "../support/codec/payloads.js";
import { Random, seedOf } from "../support/codec/random.js";
import { TwoPaths, type Verdict } from "../support/codec/two-paths.js";
import { prototypeChanges } from "../support/prototypes.js";
import { links } from "../unit/schema/sources.js";
import { corpusOf, type Seed } from "./corpus.js";

/** After so many cases the decoder has to read a correct message, and the prototypes have to be as ever. */
const CHECK_EVERY_COUNT = 1000;
/** Nothing that fits into a frame of this corpus takes so long, unless something is not linear. */
const CASE_MS_MAX = 500;

/**
 * Feeds a connection's decoder with correct messages, changed: their values, the form of their bytes, or
 * just the bytes. Each case depends on the seed and its own number alone.
 */
export class Fuzzer {
  readonly verdicts: Record<Verdict, number> = { fast: 0, reference: 0, refused: 0 };
  readonly #seed: number;
  readonly #corpus: readonly Seed[];
  readonly #bounds = boundsOf(links.files.values());
  readonly #paths = new TwoPaths(SENDER, MESSAGES);

  constructor(seed: number) {
    this.#seed = seed;
    this.#corpus = corpusOf(seed);
  }

  /** The bytes of one case. */
  payload(index: number): Uint8Array {
    const random = new Random(seedOf(this.#seed, index));
    const { envelope, payload } = random.pick(this.#corpus);
    switch (random.below(5)) {
      case 0:
        return new LooseWriter(random, random.pick([6, 30]), 3, random.oneIn(2)).bytes(envelope);
      case 1:
        return this.#ofMutatedValue(envelope, payload, random);
      case 2:
        return mutatedBytes(this.#ofMutatedValue(envelope, payload, random), random);
      default:
        return mutatedBytes(payload, random);
    }
  }

  /** Runs one case; throws where something is wrong. */
  run(index: number): void {
    const payload = this.payload(index);
    const startedAt = performance.now();
    this.verdicts[this.#paths.read(payload)] += 1;
    if (performance.now() - startedAt > CASE_MS_MAX) this.#assertQuick(payload);
    if (index % CHECK_EVERY_COUNT === 0) this.check();
  }

  /** Throws unless the decoder still works, and nothing leaked into what all objects share. */
  check(): void {
    for (const { payload } of this.#corpus.slice(0, 8)) {
      if (this.#paths.read(payload) === "refused") throw new Error("a correct message was refused");
    }
    const changes = prototypeChanges();
    if (changes.length > 0) throw new Error(`prototypes have changed: ${changes.join(", ")}`);
  }

  /** Others may have had the machine meanwhile: what counts is what the process itself worked. */
  #assertQuick(payload: Uint8Array): void {
    const before = process.cpuUsage();
    this.#paths.read(payload);
    const { user, system } = process.cpuUsage(before);
    const workedMs = Math.round((user + system) / 1000);
    if (workedMs > CASE_MS_MAX) throw new Error(`took ${workedMs} ms`);
  }

  #ofMutatedValue(envelope: object, otherwise: Uint8Array, random: Random): Uint8Array {
    try {
      const value = mutatedValue(envelope, this.#bounds, random);
      return new LooseWriter(random, random.pick([20, 1000]), 4, true).bytes(value);
    } catch (thrown) {
      // The value has no form in MessagePack, such as a symbol.
      if (thrown instanceof TypeError || thrown instanceof RangeError) return otherwise;
      throw thrown;
    }
  }
}
