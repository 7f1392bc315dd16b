import { Ajv } from "ajv";
import fc from "fast-check";
import * as refa from "refa";
import { expect, test } from "vitest";
import { compareVersions } from "../../../../codegen/compat/compare.js";
import { patternJudge } from "../../../../codegen/compat/patterns.js";
import type { Effect } from "../../../../codegen/compat/verdict.js";
import { addKeywords } from "../../../../codegen/emit/keywords.js";
import { rulesOf } from "../../../../codegen/kinds/index.js";
import { type Read, readSchemas } from "../../../../codegen/pipeline.js";
import type { Schema } from "../../../../codegen/schema.js";
import { decodeReference } from "../../../../runtime/wire/decode-reference.js";
import { PackWriter } from "../../../../runtime/wire/pack-writer.js";
import { Random, seedOf } from "../../../support/codec/random.js";
import { exemplified, randomSchemas } from "../../codec/random-schemas.js";
import { arbitraryOf } from "../../schema/arbitrary.js";
import { mutated } from "./mutated.js";

/*
 * Schemas at random, each changed a little at random. Where the verdict is that a reader takes all that a
 * writer of the other version sends, values that the writer's schema allows are written, and read by the
 * other. `COMPAT_SEED` makes others, `COMPAT_CASES` more.
 */

const SEED = Number(process.env.COMPAT_SEED ?? 1);
const CASE_COUNT = Number(process.env.COMPAT_CASES ?? 40);
const VALUES_PER_CASE = 15;
const FILE = "messages/random/m0.schema.json";

interface Tried {
  readonly isPromised: boolean;
  /** Values that were written and refused. */
  readonly refused: readonly unknown[];
}

test("what the verdict calls compatible is read, and what it does not is refused often enough", async () => {
  const tried: Tried[] = [];
  for (let index = 0; index < CASE_COUNT; index++) {
    const pair = await versionsFor(seedOf(SEED, index));
    if (pair !== undefined) tried.push(...triedOn(...pair, seedOf(SEED, index)));
  }
  const promised = tried.filter(({ isPromised }) => isPromised);
  expect(promised.flatMap(({ refused }) => refused)).toEqual([]);
  const denied = tried.filter(({ isPromised }) => !isPromised);
  const withWitness = denied.filter(({ refused }) => refused.length > 0);
  // Were all promised, or none denied for a reason, the test would say nothing.
  expect(promised.length).toBeGreaterThan(CASE_COUNT / 4);
  expect(withWitness.length).toBeGreaterThan(denied.length / 3);
}, 120_000);

/** Schemas before and after a change, unless the change made no sense. */
async function versionsFor(seed: number): Promise<readonly [Read, Read] | undefined> {
  const schemas = randomSchemas(seed, 1);
  const schema = schemas.get(FILE) ?? {};
  const types = schemas.get("types.schema.json") ?? {};
  const versions = [schema, mutated(schema, new Random(seed))].map(
    (root) =>
      new Map([
        ["types.schema.json", types],
        [FILE, root],
      ]),
  );
  const [old, now] = await Promise.all(versions.map((files) => readIfSound(files, seed)));
  return old === undefined || now === undefined ? undefined : [old, now];
}

async function readIfSound(
  files: ReadonlyMap<string, Schema>,
  seed: number,
): Promise<Read | undefined> {
  try {
    return await readSchemas(exemplified(files, seed));
  } catch {
    return undefined;
  }
}

/** Both directions: what old writers send to this version, and the other way round. */
function triedOn(old: Read, now: Read, seed: number): readonly Tried[] {
  const verdicts = compareVersions({ old, now, isPatternWithin: patternJudge(refa) });
  const denies = (effect: Effect) =>
    verdicts.some((verdict) => verdict.effect === effect && verdict.rule !== "size");
  const isApart = denies("wire");
  return [
    { isPromised: !isApart && !denies("reader"), refused: refusedOf(old, now, seed) },
    { isPromised: !isApart && !denies("writer"), refused: refusedOf(now, old, seed) },
  ];
}

/** The first value of one version that the readers of the other refuse. */
function refusedOf(writer: Read, reader: Read, seed: number): readonly unknown[] {
  const schema = writer.links.files.get(FILE) ?? {};
  const values = arbitraryOf({ file: FILE, pointer: "", schema }, writer.links);
  const ajv = new Ajv({ strictTypes: false });
  addKeywords(ajv);
  const [message] = reader.model.messages;
  const validate = ajv.compile(message === undefined ? {} : rulesOf(message.body, "read"));
  const samples = fc.sample(values, { seed, numRuns: VALUES_PER_CASE });
  const refused = samples.find((value) => {
    const packed = new PackWriter();
    packed.value(value);
    return !validate(decodeReference(packed.bytes()));
  });
  return refused === undefined ? [] : [refused];
}
