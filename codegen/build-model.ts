import { kindNamed, kindOfSchema } from "./kinds/index.js";
import type { Builder } from "./kinds/kind.js";
import type { Links } from "./link.js";
import { ENVELOPE_FILE, isErrorFile, isMessageFile, messageTypeOf, PROTOCOL_FILE } from "./load.js";
import type * as model from "./model.js";
import { errorNames, messageNames, NameRegistry, nestedName, sharedNames } from "./names.js";
import { namespacesOf } from "./namespaces.js";
import type { Problem } from "./problem.js";
import * as source from "./schema.js";

/** Kinds that get a name and functions of their own when they stand in `$defs`; scalars are written out. */
const SHARED_KINDS = new Set(["object", "map", "array", "union", "enum"]);

/** Phase 4: the model of schemas that the check found good. Only names can still be wrong. */
export function buildModel(links: Links): {
  model: model.Model;
  places: Places;
  problems: readonly Problem[];
} {
  const builder = new ModelBuilder(links);
  return { model: builder.model(), places: builder.places, problems: builder.problems };
}

/** Where the schema of each field stands; of one that refers to another, that other. */
export type Places = ReadonlyMap<model.Field, source.Place>;

class ModelBuilder {
  readonly problems: Problem[] = [];
  readonly places = new Map<model.Field, source.Place>();
  readonly #links: Links;
  readonly #names = new NameRegistry();
  readonly #sharedTypes = new Map<source.Schema, model.SharedType>();

  constructor(links: Links) {
    this.#links = links;
  }

  model(): model.Model {
    const roots = [...this.#links.files].map(([file, schema]) => ({ file, pointer: "", schema }));
    for (const place of roots.flatMap(definitionsOf)) this.#sharedType(place);
    const replies = repliesOf(roots);
    const messages = roots
      .filter(({ file }) => isMessageFile(file))
      .map((place) => this.#message(place, replies))
      .sort((first, second) => (first.type < second.type ? -1 : 1));
    const errors = roots
      .filter(({ file }) => isErrorFile(file))
      .map((place) => this.#error(place))
      .sort((first, second) => first.number - second.number);
    const envelope = roots.find(({ file }) => file === ENVELOPE_FILE);
    const namespaces = namespacesOf(messages);
    for (const namespace of namespaces) this.#claimForClient(namespace, messages);
    return {
      messages,
      errors,
      namespaces,
      sharedTypes: [...this.#sharedTypes.values()],
      envelope: envelope === undefined ? undefined : this.#envelope(envelope),
      protocol: protocolOf(this.#links.files.get(PROTOCOL_FILE)),
    };
  }

  #message(place: source.Place, replies: ReadonlySet<unknown>): model.Message {
    const { file, schema } = place;
    const type = messageTypeOf(file);
    const names = messageNames(type, source.textAt(schema, "title"));
    this.#claimAll(names, place);
    const rnp = source.schemaAt(schema, "x-rnp");
    const layer = source.textAt(rnp, "layer") ?? "";
    const isPlainReply = replies.has(type) && rnp.standalone !== true;
    const request = requestRules(rnp);
    return {
      type,
      source: file,
      file: file.replace(/\.schema\.json$/, ".ts"),
      names,
      doc: source.textAt(schema, "description") ?? "",
      layer,
      from: source.textsAt(rnp, "from"),
      to: source.textsAt(rnp, "to"),
      frequency: source.textAt(rnp, "frequency") ?? "",
      pool: source.textAt(rnp, "pool") ?? "",
      delivery: source.textAt(rnp, "delivery") ?? "",
      request,
      stream: source.textAt(rnp, "stream"),
      isControl: layer === "connection" || rnp.control === true,
      isOrdered: rnp.ordered !== false,
      isCallable: !isPlainReply && (layer === "application" || request !== undefined),
      isHandled: !isPlainReply && layer === "application",
      body: this.#body(place, names.type),
    };
  }

  #error(place: source.Place): model.ErrorDefinition {
    const code = source.textAt(place.schema, "title") ?? "";
    const names = errorNames(code);
    this.#claimAll(names, place);
    const rules = source.schemaAt(place.schema, "x-rnp-error");
    return {
      code,
      number: source.numberAt(rules, "number") ?? 0,
      retryable: rules.retryable === true,
      blame: source.textAt(rules, "blame") ?? "",
      closes: rules.closes === true,
      doc: source.textAt(place.schema, "description") ?? "",
      help: source.textAt(rules, "help") ?? "",
      details: this.#body(place, names.details),
      write: names.write,
    };
  }

  #envelope(place: source.Place): model.Envelope {
    const doc = source.textAt(place.schema, "description") ?? "";
    return { doc, body: this.#body(place, "Envelope") };
  }

  #body(place: source.Place, name: string): model.ObjectField {
    return this.#build(place, name) as model.ObjectField;
  }

  #sharedType(place: source.Place): model.SharedType {
    const known = this.#sharedTypes.get(place.schema);
    if (known !== undefined) return known;
    const key = place.pointer.slice(place.pointer.lastIndexOf("/") + 1);
    const names = sharedNames(key, source.textAt(place.schema, "title"));
    this.#claimAll(names, place);
    const doc = source.textAt(place.schema, "description") ?? "";
    const type = { ...names, doc, field: this.#build(place, names.name) };
    this.#sharedTypes.set(place.schema, type);
    return type;
  }

  /** What stands at `place` or where it leads: shared types are referred to, all else is built in place. */
  #field(place: source.Place, name: string): model.Field {
    const target = this.#links.follow(place);
    if (target === place) {
      if (kindOfSchema(place.schema) === "object") this.#claim(name, place);
      return this.#build(place, name);
    }
    return isShared(target)
      ? { kind: "shared", type: this.#sharedType(target) }
      : this.#build(target, name);
  }

  #build(place: source.Place, name: string): model.Field {
    const kind = kindOfSchema(place.schema);
    if (kind === undefined) throw new Error(`${place.file}#${place.pointer} was not checked`);
    const field = kindNamed(kind).build(place.schema, this.#builderAt(place, name));
    this.places.set(field, place);
    return field;
  }

  #builderAt(place: source.Place, name: string): Builder {
    const below = (segments: readonly string[]) => {
      const inner = source.placeBelow(place, ...segments);
      if (inner === undefined) throw new Error(`${place.file}#${place.pointer} was not checked`);
      return inner;
    };
    return {
      self: { name, doc: source.textAt(place.schema, "description") ?? "" },
      field: (step, ...segments) => {
        const inner = below(segments);
        const title = source.textAt(inner.schema, "title");
        return this.#field(inner, nestedName(name, step, title));
      },
      docAt: (...segments) => {
        const inner = below(segments);
        const own = source.textAt(inner.schema, "description");
        return own ?? source.textAt(this.#links.follow(inner).schema, "description") ?? "";
      },
    };
  }

  #claimAll(names: object, place: source.Place): void {
    for (const name of Object.values(names)) this.#claim(name, place);
  }

  #claim(name: string, { file, pointer }: source.Place, owner = `${file}#${pointer}`): void {
    const reason = this.#names.claim(name, owner);
    if (reason === undefined) return;
    this.problems.push({ file, place: pointer, text: `${reason}: give it another title or path` });
  }

  /** The interface of a part of the client. Where its name is taken, the first message in it says so. */
  #claimForClient({ name, prefix }: model.Namespace, messages: readonly model.Message[]): void {
    const first = messages.find(({ type }) => type.startsWith(prefix));
    if (prefix === "" || first === undefined) return;
    const place = { file: first.source, pointer: "", schema: {} };
    this.#claim(name, place, `the client of ${prefix.slice(0, -1)}`);
  }
}

function definitionsOf(root: source.Place): readonly source.Place[] {
  const names = Object.keys(source.schemaAt(root.schema, "$defs"));
  const places = names.map((name) => source.placeBelow(root, "$defs", name));
  return places.filter((place) => place !== undefined).filter(isShared);
}

function isShared({ schema }: source.Place): boolean {
  return SHARED_KINDS.has(kindOfSchema(schema) ?? "");
}

/** The types that are sent in reply to another. */
function repliesOf(roots: readonly source.Place[]): ReadonlySet<unknown> {
  const rules = roots.map(({ schema }) => source.schemaAt(schema, "x-rnp"));
  return new Set(rules.flatMap(({ answer, stream }) => [answer, stream]));
}

function requestRules(rnp: source.Schema): model.RequestRules | undefined {
  const answer = source.textAt(rnp, "answer");
  if (answer === undefined) return undefined;
  const match = Object.entries(source.schemaAt(rnp, "match"));
  return {
    answer,
    match: match.map(([field, answerField]) => [field, String(answerField)] as const),
    timeoutMs: source.numberAt(rnp, "timeout_ms") ?? 0,
  };
}

function protocolOf(schema: source.Schema | undefined): model.Protocol | undefined {
  if (schema === undefined) return undefined;
  const { description, ...values } = schema;
  return { doc: String(description ?? ""), values };
}
