import { Packr, Unpackr } from "msgpackr";
import * as validators from "../../../generated/validators.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";
import { MSGPACKR_OPTIONS } from "./msgpackr.js";

type Validators = Readonly<Record<string, validators.Validator | undefined>>;

/**
 * msgpackr, and then ajv over the envelope and the data, compiled beforehand: what one would write by hand to
 * get what this package gives on receipt. Only its decoding is of interest.
 */
export function msgpackrAjv(): Contender {
  const packr = new Packr(MSGPACKR_OPTIONS);
  const unpackr = new Unpackr(MSGPACKR_OPTIONS);
  return { name: "msgpackr_ajv", prepare: (message) => prepare(message, packr, unpackr) };
}

function prepare({ title, payload }: BenchMessage, packr: Packr, unpackr: Unpackr): Codec {
  const bytes = Buffer.from(packr.pack(payload));
  const isValidData = validatorNamed(`read${title}`);
  const decode = (): Payload => {
    const envelope = unpackr.unpack(bytes) as Payload;
    if (!validators.readEnvelope(envelope)) throw new Error("the envelope is refused");
    if (!isValidData(envelope.data)) throw new Error(`the data of ${title} is refused`);
    return envelope;
  };
  return {
    bytes,
    value: payload,
    encode: undefined,
    decode: () => digestOf(decode()),
    decoded: decode,
  };
}

function validatorNamed(name: string): validators.Validator {
  const validator = (validators as Validators)[name];
  if (validator === undefined) throw new Error(`there is no generated ${name}`);
  return validator;
}
