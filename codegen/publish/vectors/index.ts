import { Ajv, type ValidateFunction } from "ajv";
import { addKeywords } from "../../emit/keywords.js";
import { rulesOf } from "../../kinds/index.js";
import type { Message } from "../../model.js";
import type { Read } from "../../pipeline.js";
import { isSchema } from "../../schema.js";
import { json } from "../schemas.js";
import { type Fault, faultsOf } from "./faults.js";
import { Framer, payloadOf } from "./frame.js";

/** Bytes that are the same in both forms are written once. */
interface ValidVector {
  readonly name: string;
  readonly data: unknown;
  /** The frame with bytes as base64 text, in hexadecimal digits. */
  readonly frame: string;
  /** With bytes as bin, where that differs. */
  readonly frame_bin?: string;
  /** Compressed, where a sender would: it decodes to the same payload, but LZ4 allows other bytes for it. */
  readonly frame_lz4?: string;
}

interface InvalidVector {
  readonly name: string;
  readonly frame: string;
  /** Where the fault is, as the `pointer` of PROTOCOL_ERROR names it. */
  readonly pointer: string;
}

/** One file of vectors for each message: values and their bytes, and bytes that a reader refuses. */
export function vectorFiles({ model, links }: Read): readonly (readonly [string, string])[] {
  if (model.protocol === undefined) return [];
  const framer = new Framer(model.protocol);
  return model.messages.map((message) => {
    const examples = links.files.get(message.source)?.examples;
    const samples = Array.isArray(examples) ? examples.filter(isSchema) : [];
    const valid = samples.map((data, index) => validVector(message, data, index, framer));
    const invalid = invalidVectors(message, samples[0] ?? {}, framer);
    return [`vectors/${message.type}.json`, json({ type: message.type, valid, invalid })] as const;
  });
}

function validVector(message: Message, data: unknown, index: number, framer: Framer): ValidVector {
  const payload = payloadOf(message, data, "base64");
  const bin = payloadOf(message, data, "bin");
  const smaller = framer.compressed(payload);
  return {
    name: `example ${index + 1}`,
    data,
    frame: hex(framer.frame(message, payload)),
    ...(bin.equals(payload) ? {} : { frame_bin: hex(framer.frame(message, bin)) }),
    ...(smaller === undefined ? {} : { frame_lz4: hex(framer.frame(message, smaller, true)) }),
  };
}

/** The validator has the last word on what is a fault and where, so that no vector claims too much. */
function invalidVectors(
  message: Message,
  sample: Readonly<Record<string, unknown>>,
  framer: Framer,
): readonly InvalidVector[] {
  const validate = readerOf(message);
  return faultsOf(message.body, sample).flatMap((fault) => {
    const data = withFault(sample, fault);
    if (validate(structuredClone(data))) return [];
    const frame = hex(
      framer.frame(message, payloadOf({ ...message, body: opened(message) }, data, "base64")),
    );
    return [{ name: fault.name, pointer: pointerOf(validate), frame }];
  });
}

/** Wrong values have no schema to be written by. */
function opened({ body }: Message): Message["body"] {
  return { ...body, properties: [] };
}

function readerOf({ body }: Message): ValidateFunction {
  const ajv = new Ajv({ strictTypes: false });
  addKeywords(ajv);
  return ajv.compile(rulesOf(body, "read"));
}

function withFault(
  sample: Readonly<Record<string, unknown>>,
  { path, value }: Fault,
): Record<string, unknown> {
  const [name = ""] = path;
  const { [name]: _, ...rest } = sample;
  return value === undefined ? rest : { ...sample, [name]: value };
}

/** A field that is missing is named by where it would be. */
function pointerOf({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  const missing = (first?.params as { missingProperty?: string } | undefined)?.missingProperty;
  return `${first?.instancePath ?? ""}${missing === undefined ? "" : `/${missing}`}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
