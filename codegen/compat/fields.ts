import { fieldWords } from "../describe/words.js";
import type { Field, ObjectField } from "../model.js";
import type { Place } from "../schema.js";
import type { Compared } from "./compared.js";
import type { Mismatch, Walk } from "./mismatch.js";
import { ADVICE } from "./mismatch-advice.js";
import { compareFields } from "./readable/index.js";
import type { Effect, Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** What old senders may send and this version refuses, and the other way round. */
export function judgeBodies(
  old: ObjectField,
  now: ObjectField,
  root: Place,
  versions: Versions,
  compared: Compared,
): readonly Verdict[] {
  const incoming = mismatches(old, now, root, "reader", versions, compared);
  const outgoing = mismatches(now, old, root, "writer", versions, compared);
  const isMutual = (one: Mismatch, others: readonly Mismatch[]) =>
    one.rule === "type" &&
    others.some(({ rule, place }) => rule === "type" && same(place, one.place));
  return [
    ...incoming.filter((one) => isMutual(one, outgoing)).map((one) => verdict(one, "wire")),
    ...incoming.filter((one) => !isMutual(one, outgoing)).map((one) => verdict(one, "reader")),
    ...outgoing.filter((one) => !isMutual(one, incoming)).map((one) => verdict(one, "writer")),
  ];
}

function mismatches(
  writer: Field,
  reader: Field,
  root: Place,
  effect: "reader" | "writer",
  { old, now, isPatternWithin }: Versions,
  compared: Compared,
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  const places = [old.places, now.places];
  const placeIn = (field: Field | undefined) =>
    field === undefined ? undefined : (places[0]?.get(field) ?? places[1]?.get(field));
  const walk: Walk = {
    isPatternWithin,
    report: (mismatch) => void found.push(mismatch),
    // A reader knows of the field, so its place tells where the other side would look for it.
    placeOf: (one, other, around) => {
      const [before, after] = effect === "reader" ? [one, other] : [other, one];
      return placeIn(after) ?? placeIn(before) ?? around;
    },
    isKnown: (one, other) => {
      const [from, to] = [placeIn(one), placeIn(other)];
      return from !== undefined && to !== undefined && compared.isKnown(effect, from, to);
    },
  };
  compareFields(writer, reader, root, walk);
  return found;
}

function verdict(
  mismatch: Mismatch,
  effect: Extract<Effect, "wire" | "reader" | "writer">,
): Verdict {
  const { rule, place, what, writer, reader } = mismatch;
  const [before, after] = effect === "writer" ? [reader, writer] : [writer, reader];
  const advice = ADVICE[rule];
  const sent =
    effect === "writer"
      ? `This version may send ${what}, which an old peer refuses.`
      : `An old peer may send ${what}, which this version refuses.`;
  return {
    rule,
    effect,
    breaks: true,
    file: place.file,
    place: place.pointer,
    text: changeWords(mismatch, before, after, effect),
    why: effect === "wire" ? "Neither version reads what the other sends." : sent,
    instead: effect === "writer" ? advice.writer : advice.reader,
  };
}

function changeWords(
  { rule, what }: Mismatch,
  before: Field,
  after: Field,
  effect: Effect,
): string {
  if (rule === "required") return effect === "writer" ? "is required no longer" : "is required now";
  if (rule === "unknown-field") return `${what} has ${effect === "writer" ? "come" : "gone"}`;
  const [one, other] = [fieldWords(before), fieldWords(after)];
  return one === other ? `is ${other}` : `was ${one}; is ${other}`;
}

function same(one: Place, other: Place): boolean {
  return one.file === other.file && one.pointer === other.pointer;
}
