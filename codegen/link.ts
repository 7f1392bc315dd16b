import { posix } from "node:path";
import type { SchemaFiles } from "./load.js";
import type { Problem } from "./problem.js";
import { type Place, placeBelow, pointerOf, type Schema } from "./schema.js";

/** The schema files with their references known. */
export interface Links {
  readonly files: SchemaFiles;
  /** Where the reference at `place` leads; `place` itself where it is none. */
  follow(place: Place): Place;
}

/** What a reference may look like: a file next to or above this one, and one of its `$defs`. */
const REFERENCE = /^([^#]*)#\/\$defs\/([^/]+)$/;

/** Phase 2: finds the target of every `$ref`, so that the later phases never meet a dead one. */
export function link(files: SchemaFiles): { links: Links; problems: readonly Problem[] } {
  const targets = new Map<Schema, Place>();
  const problems: Problem[] = [];
  for (const place of references(files)) {
    const target = targetOf(place, files);
    if (target !== undefined) targets.set(place.schema, target);
    else problems.push(deadReference(place));
  }
  problems.push(...circles(files, targets));
  return { links: { files, follow: (place) => follow(place, targets) }, problems };
}

/** At most as many steps as there are references, so that it ends on a circle too. */
function follow(place: Place, targets: ReadonlyMap<Schema, Place>): Place {
  let target = place;
  for (let step = 0; step < targets.size; step++) target = targets.get(target.schema) ?? target;
  return target;
}

/** All places with a `$ref`, wherever in a file. */
function references(files: SchemaFiles): readonly Place[] {
  const roots = [...files].map(([file, schema]) => ({ file, pointer: "", schema }));
  return roots.flatMap(placesWithin).filter(({ schema }) => typeof schema.$ref === "string");
}

/** `place` and every object below it. */
function placesWithin(place: Place): readonly Place[] {
  const children = Object.keys(place.schema).flatMap((key) => childPlaces(place, key));
  return [place, ...children.flatMap(placesWithin)];
}

/** The array `examples` holds values and no schemas, so it is left out. */
function childPlaces(place: Place, key: string): readonly Place[] {
  const value = place.schema[key];
  const child = placeBelow(place, key);
  if (child !== undefined) return [child];
  if (!Array.isArray(value) || key === "examples") return [];
  const items = value.map((_, index) => placeBelow(place, key, String(index)));
  return items.filter((item) => item !== undefined);
}

function targetOf(place: Place, files: SchemaFiles): Place | undefined {
  const [, path, name] = REFERENCE.exec(String(place.schema.$ref)) ?? [];
  if (path === undefined || name === undefined) return undefined;
  const file = path === "" ? place.file : posix.join(posix.dirname(place.file), path);
  const schema = files.get(file);
  if (schema === undefined) return undefined;
  return placeBelow({ file, pointer: "", schema }, "$defs", name.replaceAll("~1", "/"));
}

function deadReference(place: Place): Problem {
  const reference = JSON.stringify(place.schema.$ref);
  const form = "write the path of a file relative to this one, then #/$defs/ and a name it defines";
  return { ...asProblem(place, "$ref"), text: `${reference} leads nowhere: ${form}` };
}

/** References that lead back to themselves: such a value has no largest size. */
function circles(files: SchemaFiles, targets: ReadonlyMap<Schema, Place>): readonly Problem[] {
  const state = new Map<Schema, "open" | "done">();
  const problems: Problem[] = [];
  const visit = (place: Place): void => {
    if (state.get(place.schema) === "done") return;
    state.set(place.schema, "open");
    for (const inner of placesWithin(place)) {
      const target = targets.get(inner.schema);
      if (target === undefined) continue;
      if (state.get(target.schema) === "open") problems.push(circle(inner));
      else visit(target);
    }
    state.set(place.schema, "done");
  };
  for (const { schema } of references(files)) {
    const target = targets.get(schema);
    if (target !== undefined) visit(target);
  }
  return problems;
}

function circle(place: Place): Problem {
  const text = "refers to itself, so that it has no largest size: write the levels out";
  return { ...asProblem(place, "$ref"), text };
}

function asProblem(place: Place, keyword: string): { file: string; place: string } {
  return { file: place.file, place: place.pointer + pointerOf([keyword]) };
}
