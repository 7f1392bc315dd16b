import type { EnumField, Field, ObjectField, Property } from "../model.js";
import type { Place } from "../schema.js";
import type { Compared } from "./compared.js";
import { target } from "./readable/comparison.js";
import { shapeOf } from "./shape.js";
import type { Judgement, Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** What programs in TypeScript that use an object notice of its change. */
export function judgeSource(
  old: ObjectField,
  now: ObjectField,
  root: Place,
  versions: Versions,
  compared: Compared,
): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const report = ({ file, pointer }: Place, judgement: Judgement) => {
    verdicts.push({ ...judgement, file, place: pointer });
  };
  judgeObject(old, now, { root, versions, compared, report });
  return verdicts;
}

interface Context {
  readonly root: Place;
  readonly versions: Versions;
  readonly compared: Compared;
  readonly report: (place: Place, judgement: Judgement) => void;
}

function judgeObject(old: ObjectField, now: ObjectField, context: Context): void {
  const before = new Map(old.properties.map((property) => [property.name, property]));
  const after = new Map(now.properties.map((property) => [property.name, property]));
  const gone = old.properties.filter(({ name }) => !after.has(name));
  const come = now.properties.filter(({ name }) => !before.has(name));
  const { old: olds, now: nows } = context.versions;
  const objectAt = nows.places.get(now) ?? context.root;
  for (const property of gone) {
    const place = olds.places.get(property.field) ?? objectAt;
    context.report(fieldPlace(objectAt, property, place), removal(property, come));
  }
  for (const property of come)
    context.report(fieldPlace(objectAt, property, objectAt), addition(property));
  for (const property of now.properties) {
    const earlier = before.get(property.name);
    if (earlier === undefined) continue;
    const place = fieldPlace(objectAt, property, objectAt);
    judgeProperty(earlier, property, place, context);
  }
  judgeOrder(old, now, objectAt, context);
}

/** The place of the field itself, not of the shared type that it refers to. */
function fieldPlace(objectAt: Place, { name }: Property, schemaOf: Place): Place {
  return { ...schemaOf, file: objectAt.file, pointer: `${objectAt.pointer}/properties/${name}` };
}

function removal({ name, field }: Property, come: readonly Property[]): Judgement {
  const successor = come.find((other) => shapeOf(other.field) === shapeOf(field));
  return {
    rule: "field-removed",
    effect: "source",
    breaks: true,
    text:
      successor === undefined ? "is gone" : `is gone; ${successor.name} looks like its new name`,
    why: `Programs that use ${name} no longer compile, and what old peers send in it is dropped.`,
    instead: "Keep it, mark it as deprecated, and say in the description what to use instead.",
  };
}

function addition({ name, isRequired }: Property): Judgement {
  return {
    rule: "field-added",
    effect: "source",
    breaks: isRequired,
    text: `has come, ${isRequired ? "required" : "optional"}`,
    why: isRequired
      ? `Programs that send the message without ${name} no longer compile.`
      : "Old readers drop it.",
    instead: isRequired ? "Make it optional." : "Nothing to do.",
  };
}

function judgeProperty(old: Property, now: Property, place: Place, context: Context): void {
  if (old.isRequired !== now.isRequired) context.report(place, presence(now));
  if (!old.isDeprecated && now.isDeprecated) context.report(place, deprecation());
  judgeField(old.field, now.field, place, context);
}

function presence({ isRequired }: Property): Judgement {
  return {
    rule: "required",
    effect: "source",
    breaks: true,
    text: isRequired ? "is required now" : "is optional now",
    why: isRequired
      ? "Programs that leave it out no longer compile."
      : "Programs that read it find undefined where they expect a value.",
    instead: isRequired ? "Leave it optional." : "Leave it required.",
  };
}

function deprecation(): Judgement {
  return {
    rule: "deprecated",
    effect: "source",
    breaks: false,
    text: "is deprecated now",
    why: "Editors strike it through; all goes on working.",
    instead: "Nothing to do.",
  };
}

function judgeField(old: Field, now: Field, place: Place, context: Context): void {
  const [before, after] = [target(old), target(now)];
  if (isKnown(before, after, context)) return;
  if (shapeOf(before) !== shapeOf(after)) {
    const text = `was ${shapeOf(before)}; is ${shapeOf(after)}`;
    context.report(place, retyping(text, isOnlyOpened(before, after)));
    return;
  }
  if (before.kind === "enum" && after.kind === "enum") judgeWords(before, after, place, context);
  for (const [one, other] of innerPairs(before, after)) judgeField(one, other, place, context);
  if (before.kind === "object" && after.kind === "object") judgeObject(before, after, context);
}

function innerPairs(before: Field, after: Field): readonly (readonly [Field, Field])[] {
  if (before.kind === "array" && after.kind === "array") return [[before.item, after.item]];
  if (before.kind === "map" && after.kind === "map") return [[before.value, after.value]];
  return [];
}

/** Whether all that happened is that an enumeration takes other words than those it names. */
function isOnlyOpened(before: Field, after: Field): boolean {
  return before.kind === "enum" && after.kind === "enum" && before.isClosed !== after.isClosed;
}

function retyping(text: string, isMild: boolean): Judgement {
  return {
    rule: isMild ? "closed" : "type",
    effect: "source",
    breaks: !isMild,
    text: isMild ? text.replace("words", "closed").replace("string", "open") : text,
    why: isMild
      ? "The words are the same; what a reader does with others differs."
      : "Programs that use it no longer compile.",
    instead: isMild ? "Nothing to do." : "Add an optional field of another name for it.",
  };
}

function judgeWords(old: EnumField, now: EnumField, place: Place, { report }: Context): void {
  const gone = old.values.filter((word) => !now.values.includes(word));
  const come = now.values.filter((word) => !old.values.includes(word));
  if (gone.length > 0) {
    const why = "Programs that send it no longer compile, or are refused when they do.";
    const instead = "Keep the word, and say in the description that it is no longer sent.";
    report(place, {
      rule: "word",
      effect: "source",
      breaks: true,
      text: `has no ${gone.join(", ")} any more`,
      why,
      instead,
    });
  }
  if (come.length > 0) {
    const why = "Programs meet a word that they do not know; readers keep it as it is.";
    report(place, {
      rule: "word",
      effect: "source",
      breaks: false,
      text: `has ${come.join(", ")} now`,
      why,
      instead: "Nothing to do.",
    });
  }
}

/** The fast decoders expect fields in the order of the schema; others go the longer way. */
function judgeOrder(old: ObjectField, now: ObjectField, place: Place, { report }: Context): void {
  const names = new Set(now.properties.map(({ name }) => name));
  const before = old.properties.map(({ name }) => name).filter((name) => names.has(name));
  const after = now.properties.map(({ name }) => name).filter((name) => before.includes(name));
  if (before.join() === after.join()) return;
  report(place, {
    rule: "field-order",
    effect: "writer",
    breaks: false,
    text: "has its fields in another order",
    why: "Readers take any order, but those of another version read these messages the slow way.",
    instead: "Keep the order, and add new fields at the end.",
  });
}

function isKnown(old: Field, now: Field, { versions, compared }: Context): boolean {
  const [from, to] = [versions.old.places.get(old), versions.now.places.get(now)];
  if (from === undefined || to === undefined) return false;
  return compared.isKnown("source", from, to);
}
