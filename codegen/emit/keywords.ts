import { _, type Ajv, type Code, type KeywordCxt } from "ajv";
import type { Side } from "../kinds/kind.js";

/** The keywords by which the model tells ajv what JSON Schema has no word for. */
export function addKeywords(ajv: Ajv): void {
  // It has no `type`, so that it is asked before the keywords of objects list fields, one for each byte.
  ajv.addKeyword({
    keyword: "record",
    schemaType: "boolean",
    code: recordCode,
    error: { message: "must be a map, not binary" },
  });
  ajv.addKeyword({ keyword: "dropUnknown", type: "object", schemaType: "array", code: dropCode });
  ajv.addKeyword({
    keyword: "bytes",
    schemaType: "object",
    code: bytesCode,
    error: { message: ({ schema }) => bytesMessage(schema) },
  });
  ajv.addKeyword({
    keyword: "int64",
    schemaType: "object",
    code: int64Code,
    error: { message: ({ schema }) => int64Message(schema) },
  });
}

/** To ajv bytes are an object, whose fields are numbers. */
function recordCode(cxt: KeywordCxt): void {
  cxt.fail(_`${cxt.data} instanceof Uint8Array`);
}

/** Deletes the fields that are not in the list, which holds the names of those that are known. */
function dropCode({ gen, data, schema }: KeywordCxt): void {
  gen.forIn("key", data, (key) => {
    const tests = (schema as readonly string[]).map((name) => _`${key} !== ${name}`);
    const isUnknown = tests.length === 0 ? true : tests.reduce((all, test) => _`${all} && ${test}`);
    gen.if(isUnknown, () => gen.code(_`delete ${data}[${key}]`));
  });
}

interface BytesRules {
  readonly sizeMax: number;
  readonly side: Side;
}

function bytesMessage({ sizeMax, side }: BytesRules): string {
  return `must be ${side === "write" ? "a Uint8Array" : "binary or base64"} of at most ${sizeMax} bytes`;
}

/** Base64, if the length is a multiple of four. A pattern that counts to four overflows on long text. */
const BASE64 = "^[A-Za-z0-9+/]*={0,2}$";

/** The writer has a `Uint8Array`. The reader may find base64 text in its place. */
function bytesCode(cxt: KeywordCxt): void {
  const { sizeMax, side } = cxt.schema as BytesRules;
  const { data } = cxt;
  const isBytes = _`${data} instanceof Uint8Array && ${data}.byteLength <= ${sizeMax}`;
  if (side === "write") {
    cxt.pass(isBytes);
    return;
  }
  const base64 = hoisted(cxt, "pattern", BASE64, new RegExp(BASE64), _`new RegExp(${BASE64})`);
  const lengthMax = (sizeMax / 3) * 4;
  const isSized = _`${data}.length <= ${lengthMax} && ${data}.length % 4 === 0`;
  const isText = _`typeof ${data} == "string" && ${isSized} && ${base64}.test(${data})`;
  cxt.pass(_`(${isBytes}) || (${isText})`);
}

interface Int64Rules {
  readonly minimum: string;
  readonly maximum: string;
  readonly side: Side;
}

function int64Message({ minimum, maximum, side }: Int64Rules): string {
  return `must be ${side === "write" ? "a bigint" : "an integer"} from ${minimum} to ${maximum}`;
}

/** The writer has a `bigint`. The reader may find a number where the value was small. */
function int64Code(cxt: KeywordCxt): void {
  const { minimum, maximum, side } = cxt.schema as Int64Rules;
  const { data } = cxt;
  const [from, to] = [minimum, maximum].map((bound) =>
    hoisted(cxt, "obj", bound, BigInt(bound), _`BigInt(${bound})`),
  );
  const isBigint = _`typeof ${data} == "bigint"`;
  // Read from an integer, 2^53 is exact as a number: the next one that has the same double is a bigint.
  const isExact = _`Number.isInteger(${data}) && Math.abs(${data}) <= 9007199254740992`;
  const isInteger = side === "write" ? isBigint : _`(${isBigint} || (${isExact}))`;
  cxt.pass(_`${isInteger} && ${data} >= ${from} && ${data} <= ${to}`);
}

/** A constant, at the top of the module where there is one, shared by all who ask for the same. */
function hoisted(
  { gen }: KeywordCxt,
  prefix: "pattern" | "obj",
  key: string,
  ref: unknown,
  code: Code,
): Code {
  return gen.scopeValue(prefix, { key, ref, code });
}
