import { avsc } from "./avsc.js";
import type { Contender } from "./contender.js";
import { json } from "./json.js";
import type { BenchMessage } from "./messages.js";
import { msgpackr } from "./msgpackr.js";
import { msgpackrAjv } from "./msgpackr-ajv.js";
import { ours } from "./ours.js";
import { protobufEs } from "./protobuf-es.js";
import { protobufjs } from "./protobufjs.js";

/** Everyone who is measured. Ours comes first; the others are compared with it. */
export async function contenders(messages: readonly BenchMessage[]): Promise<readonly Contender[]> {
  return [
    ours(),
    msgpackr(),
    msgpackrAjv(),
    await protobufjs(messages),
    protobufEs(messages),
    avsc(),
    json(),
  ];
}
