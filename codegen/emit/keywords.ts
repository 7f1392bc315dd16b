import { _, type Ajv, type KeywordCxt, str } from "ajv";
import type { Side } from "../kinds/kind.js";

/** The keywords by which the model tells ajv what JSON Schema has no word for. */
export function addKeywords(ajv: Ajv): void {
  ajv.addKeyword({ keyword: "dropUnknown", type: "object", schemaType: "array", code: dropCode });
  ajv.addKeyword({
    keyword: "bytes",
    schemaType: "object",
    code: bytesCode,
    error: { message: ({ schema }) => str`must be binary of at most ${schema.sizeMax} bytes` },
  });
  ajv.addKeyword({
    keyword: "int64",
    schemaType: "object",
    code: int64Code,
    error: {
      message: ({ schema }) => str`must be an integer from ${schema.minimum} to ${schema.maximum}`,
    },
  });
}

/** Deletes the fields that are not in the list, which holds the names of those that are known. */
function dropCode({ gen, data, schema }: KeywordCxt): void {
  const known = schema as readonly string[];
  gen.forIn("key", data, (key) => {
    const isUnknown = known.reduce((all, name) => _`${all} && ${key} !== ${name}`, _`true`);
    gen.if(isUnknown, () => gen.code(_`delete ${data}[${key}]`));
  });
}

/** Base64 with its padding, and nothing else. */
const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";

/** The writer has a `Uint8Array`. The reader may find base64 text in its place. */
function bytesCode(cxt: KeywordCxt): void {
  const { sizeMax, side } = cxt.schema as { sizeMax: number; side: Side };
  const { data, gen } = cxt;
  const isBytes = _`${data} instanceof Uint8Array && ${data}.byteLength <= ${sizeMax}`;
  if (side === "write") {
    cxt.pass(isBytes);
    return;
  }
  const base64 = gen.scopeValue("pattern", {
    key: BASE64,
    ref: BASE64,
    code: _`new RegExp(${BASE64})`,
  });
  const lengthMax = (sizeMax / 3) * 4;
  const isText = _`typeof ${data} == "string" && ${data}.length <= ${lengthMax} && ${base64}.test(${data})`;
  cxt.pass(_`(${isBytes}) || (${isText})`);
}

/** The writer has a `bigint`. The reader may find a number where the value was small. */
function int64Code(cxt: KeywordCxt): void {
  const { minimum, maximum, side } = cxt.schema as { minimum: string; maximum: string; side: Side };
  const { data } = cxt;
  const bounds = _`${data} >= BigInt(${minimum}) && ${data} <= BigInt(${maximum})`;
  const isBigint = _`typeof ${data} == "bigint"`;
  const isInteger = side === "write" ? isBigint : _`(${isBigint} || Number.isSafeInteger(${data}))`;
  cxt.pass(_`${isInteger} && ${bounds}`);
}
