import { kindNamed, kindOfSchema } from "../kinds/index.js";
import type { Inspection } from "../kinds/kind.js";
import type { Links } from "../link.js";
import { ENVELOPE_FILE, isErrorFile, isMessageFile, PROTOCOL_FILE } from "../load.js";
import type { Field } from "../model.js";
import { isTypeName } from "../names.js";
import type { Problem } from "../problem.js";
import { type Place, placeBelow, pointerOf, type Schema, schemaAt, textAt } from "../schema.js";

/** Keywords that say something for people and change no check. */
const ANNOTATIONS = ["title", "description", "examples", "deprecated"];

/** Keywords at the root of a file. */
const ROOT_KEYWORDS = ["$schema", "$defs", "x-rnp", "x-rnp-error"];

const TWO_MESSAGES =
  "make it two messages, or say it in the description and check it in the handler";
const GOES_WITH_IF = "it goes with if, which is not honoured: leave it out";
const IN_DESCRIPTION = "say it in the description, where readers find it";

/** What to write in place of what many would write first. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["$id", "the path of the file names the schema: leave it out"],
  ["$anchor", "references lead to $defs by name: leave it out"],
  ["$dynamicRef", "write $ref"],
  ["$comment", IN_DESCRIPTION],
  ["allOf", "write out the fields of all parts in one object"],
  ["oneOf", "write anyOf with simple types, or one message for each variant"],
  ["not", "say what is allowed"],
  ["if", TWO_MESSAGES],
  ["then", GOES_WITH_IF],
  ["else", GOES_WITH_IF],
  ["dependentRequired", TWO_MESSAGES],
  ["dependentSchemas", TWO_MESSAGES],
  ["patternProperties", "write a map: propertyNames, and additionalProperties for the values"],
  ["unevaluatedProperties", 'write "additionalProperties": false'],
  ["prefixItems", "write an object with a name for each item"],
  ["contains", "say what all items are"],
  ["unevaluatedItems", "say what all items are with items"],
  ["default", "no reader fills it in: say in the description what a missing field means"],
  ["format", 'only "int64" of an integer is honoured: write a pattern'],
  ["contentMediaType", IN_DESCRIPTION],
]);

/** Refuses whatever in the schemas the generator cannot honour, and values without bounds. */
export function checkValues(links: Links): readonly Problem[] {
  const check = new ValueCheck(links);
  for (const [file, schema] of links.files) {
    if (file !== PROTOCOL_FILE) check.file({ file, pointer: "", schema });
  }
  return check.problems;
}

class ValueCheck {
  readonly problems: Problem[] = [];
  readonly #links: Links;

  constructor(links: Links) {
    this.#links = links;
  }

  file(root: Place): void {
    if (isBody(root.file)) this.#body(root);
    else this.#collection(root);
    for (const name of Object.keys(schemaAt(root.schema, "$defs"))) {
      const definition = placeBelow(root, "$defs", name);
      if (definition !== undefined) this.#value(definition);
    }
  }

  #body(root: Place): void {
    if (kindOfSchema(root.schema) === "object") this.#value(root, ROOT_KEYWORDS);
    else {
      const text = 'is no object with known fields: write "type": "object" with properties';
      this.problems.push({ file: root.file, place: "", text });
    }
  }

  #collection({ file, schema }: Place): void {
    const known = new Set([...ANNOTATIONS, "$schema", "$defs"]);
    for (const keyword of Object.keys(schema).filter((keyword) => !known.has(keyword))) {
      const text = "has no effect here: only files below messages/ and errors/ describe a value";
      this.problems.push({ file, place: pointerOf([keyword]), text });
    }
  }

  #value(place: Place, extraKeywords: readonly string[] = []): void {
    const inspection = this.#inspectionOf(place);
    checkTitle(place, inspection);
    const kind = kindOfSchema(place.schema);
    if (kind === undefined) return refuseUnknown(place.schema, inspection);
    const { keywords, required, check } = kindNamed(kind);
    const known = new Set([...ANNOTATIONS, ...keywords, ...extraKeywords]);
    for (const keyword of Object.keys(place.schema).filter((keyword) => !known.has(keyword))) {
      inspection.refuse([keyword], insteadOf(keyword, kind));
    }
    for (const [keyword, why] of Object.entries(required)) {
      if (place.schema[keyword] === undefined) inspection.refuse([], `has no ${keyword}: ${why}`);
    }
    check?.(place.schema, inspection);
  }

  #inspectionOf(place: Place): Inspection {
    const { file, pointer } = place;
    const refuse: Inspection["refuse"] = (segments, text) => {
      this.problems.push({ file, place: pointer + pointerOf(segments), text });
    };
    return {
      isEnvelope: file === ENVELOPE_FILE,
      refuse,
      inspect: (...segments) => {
        const inner = placeBelow(place, ...segments);
        if (inner === undefined) refuse(segments, "is no schema: write an object");
        else this.#value(inner);
      },
      kindAt: (...segments) => {
        const inner = placeBelow(place, ...segments);
        return inner === undefined ? undefined : kindOfSchema(this.#links.follow(inner).schema);
      },
    };
  }
}

/** Whether the root of a file describes a value, not just a collection of types. */
function isBody(file: string): boolean {
  return isMessageFile(file) || isErrorFile(file) || file === ENVELOPE_FILE;
}

function checkTitle({ file, pointer, schema }: Place, inspection: Inspection): void {
  const title = textAt(schema, "title");
  const isCode = isErrorFile(file) && pointer === "";
  if (title === undefined || isCode || isTypeName(title)) return;
  const form = "write PascalCase, with a capital after a digit, as in Http2Server";
  inspection.refuse(["title"], `is no name of a type: ${form}`);
}

/** A schema of no kind: either it relies on keywords that are not honoured, or it says nothing. */
function refuseUnknown(schema: Schema, inspection: Inspection): void {
  const keywords = Object.keys(schema).filter((keyword) => INSTEAD.has(keyword));
  for (const keyword of keywords) {
    inspection.refuse([keyword], `is not honoured: ${INSTEAD.get(keyword)}`);
  }
  if (keywords.length > 0) return;
  if (schema.type === undefined) {
    inspection.refuse([], "says no type: add one, or a $ref, enum or const");
  } else inspection.refuse(["type"], insteadOfType(schema.type));
}

function insteadOfType(type: unknown): string {
  if (Array.isArray(type)) return "is a list: write anyOf with one schema for each type";
  if (type === "null") return "is not honoured: leave the field out where it has no value";
  return "is no type that JSON Schema knows: write string, integer, number, boolean, array or object";
}

function insteadOf(keyword: string, kind: Field["kind"]): string {
  if (kind === "shared") return "has no effect beside $ref: write it where the reference leads";
  const instead = INSTEAD.get(keyword) ?? "leave it out";
  return `is not honoured in a value of the kind ${kind}: ${instead}`;
}
