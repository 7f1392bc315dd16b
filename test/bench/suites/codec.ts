import { contenders } from "../codec/contenders.js";
import { benchMessages } from "../codec/messages.js";
import { meansOf, reportText, rowOf } from "../codec/report.js";
import { measure, type RoundOptions } from "../codec/rounds.js";
import { machine } from "../machine.js";
import type { Report, Suite } from "../suite.js";

/** About half a minute. */
const OPTIONS: RoundOptions = { roundCount: 11, sliceMs: 4, warmUpMs: 20 };

/** Encoding and decoding of whole messages, beside other libraries. */
export const codec: Suite = {
  name: "codec",
  description: "encode, and decode with validation, beside other libraries",
  run: () => runCodec(OPTIONS),
};

/** Measures for as long as `options` say. */
export async function runCodec(options: RoundOptions): Promise<Report> {
  const messages = await benchMessages();
  const rows = measure(messages, await contenders(messages), options).map(rowOf);
  const means = meansOf(rows);
  return {
    result: { ...means, machine: machine(), options, rows },
    text: reportText(means, rows),
  };
}
