/**
 * The intermediate model: what the emitters know. Types only. `build-model.ts` makes it from schemas that
 * `check.ts` found good, and `names.ts` decides every identifier in it.
 */

/** Everything that is generated, sorted so that the output does not depend on the file system. */
export interface Model {
  readonly messages: readonly Message[];
  readonly sharedTypes: readonly SharedType[];
  readonly errors: readonly ErrorDefinition[];
  readonly envelope: Envelope | undefined;
  /** The numbers of the protocol, as `protocol.json` has them. */
  readonly protocol: Protocol | undefined;
  /** The client, then its parts. */
  readonly namespaces: readonly Namespace[];
}

/** What one schema file says about one message type. */
export interface Message {
  /** The name on the wire, for example `mesh.query`. */
  readonly type: string;
  /** Path of the schema file. */
  readonly source: string;
  /** Path of the generated file. */
  readonly file: string;
  readonly names: MessageNames;
  readonly doc: string;
  readonly layer: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly frequency: string;
  readonly pool: string;
  readonly delivery: string;
  /** Only for requests with one answer. */
  readonly request: RequestRules | undefined;
  /** Only for requests that many messages answer: the type name of these. */
  readonly stream: string | undefined;
  /** Whether it needs no credit. */
  readonly isControl: boolean;
  /** Whether a receiver handles its messages of one channel one after the other. */
  readonly isOrdered: boolean;
  /** Whether the client has it: all but plain answers, items of streams and what only connections say to each other. */
  readonly isCallable: boolean;
  /** Whether the handler map has it: all but plain answers, items of streams and what the connection handles itself. */
  readonly isHandled: boolean;
  readonly body: ObjectField;
}

/** The identifiers of one message type. */
export interface MessageNames {
  readonly type: string;
  readonly constant: string;
  readonly sizeMax: string;
  readonly putHead: string;
  readonly encode: string;
  readonly decode: string;
  readonly accept: string;
  readonly invalid: string;
  /** The validator of the writer, who keeps to the schema. */
  readonly write: string;
  /** The validator of the reader, who tolerates what is new. */
  readonly read: string;
}

export interface RequestRules {
  /** Type name of the answer. */
  readonly answer: string;
  /** Request field and the answer field that repeats it. */
  readonly match: readonly (readonly [string, string])[];
  readonly timeoutMs: number;
}

/** An object, map, array, enumeration or union of `$defs`: exported once, imported by all who refer to it. */
export interface SharedType {
  readonly name: string;
  readonly encode: string;
  readonly decode: string;
  readonly convert: string;
  readonly doc: string;
  readonly field: Field;
}

export interface ErrorDefinition {
  readonly code: string;
  readonly number: number;
  readonly retryable: boolean;
  readonly blame: string;
  readonly closes: boolean;
  readonly doc: string;
  readonly help: string;
  readonly details: ObjectField;
  /** The validator of the details. */
  readonly write: string;
}

/** The map around every message. */
export interface Envelope {
  readonly doc: string;
  readonly body: ObjectField;
}

export interface Protocol {
  readonly doc: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** One level of the client: `client.mesh` has the messages that begin with `mesh.`. */
export interface Namespace {
  /** Name of its interface. */
  readonly name: string;
  /** The part of the type names that its members share; empty for the client itself. */
  readonly prefix: string;
  readonly members: readonly NamespaceMember[];
}

export type NamespaceMember =
  | { readonly kind: "message"; readonly key: string; readonly message: Message }
  | { readonly kind: "namespace"; readonly key: string; readonly namespace: Namespace };

/** One value on the wire. Each kind has a file in `kinds/`. */
export type Field =
  | BooleanField
  | IntegerField
  | Int64Field
  | NumberField
  | StringField
  | BytesField
  | EnumField
  | ConstField
  | UnionField
  | ArrayField
  | MapField
  | ObjectField
  | SharedField
  | PayloadField;

export interface BooleanField {
  readonly kind: "boolean";
}

export interface IntegerField {
  readonly kind: "integer";
  readonly minimum: number;
  readonly maximum: number;
  readonly multipleOf: number | undefined;
}

/** An integer that needs 64 bits: a `bigint`. */
export interface Int64Field {
  readonly kind: "int64";
  readonly minimum: bigint;
  readonly maximum: bigint;
}

export interface NumberField {
  readonly kind: "number";
  /** The bounds as JSON Schema says them. */
  readonly bounds: Readonly<Record<string, unknown>>;
}

export interface StringField {
  readonly kind: "string";
  readonly lengthMin: number;
  /** In characters, of which each takes up to four bytes. */
  readonly lengthMax: number;
  readonly pattern: string | undefined;
}

export interface BytesField {
  readonly kind: "bytes";
  readonly sizeMax: number;
}

export interface EnumField {
  readonly kind: "enum";
  readonly values: readonly string[];
  /** Whether the reader refuses a value that it does not know. */
  readonly isClosed: boolean;
}

export interface ConstField {
  readonly kind: "const";
  readonly value: string | number | boolean;
}

/** Values of several types that MessagePack tells apart. */
export interface UnionField {
  readonly kind: "union";
  readonly alternatives: readonly Field[];
}

export interface ArrayField {
  readonly kind: "array";
  readonly item: Field;
  readonly countMin: number;
  readonly countMax: number;
  readonly isUnique: boolean;
}

export interface MapField {
  readonly kind: "map";
  readonly key: StringField;
  readonly value: Field;
  readonly countMin: number;
  readonly countMax: number;
}

export interface ObjectField {
  readonly kind: "object";
  /** Name of its interface. */
  readonly name: string;
  readonly doc: string;
  readonly properties: readonly Property[];
  /** Whether the reader refuses a field that it does not know. */
  readonly isClosed: boolean;
}

export interface Property {
  /** The name on the wire and in TypeScript. */
  readonly name: string;
  readonly doc: string;
  readonly isDeprecated: boolean;
  readonly isRequired: boolean;
  readonly field: Field;
}

/** A reference to a type that is exported from `types.ts`. */
export interface SharedField {
  readonly kind: "shared";
  readonly type: SharedType;
}

/** The `data` of the envelope: a map that the schema of the message type describes. */
export interface PayloadField {
  readonly kind: "payload";
}
