import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/index.js";
import { contenders } from "../../bench/codec/contenders.js";
import { benchMessages } from "../../bench/codec/messages.js";
import { roundTripFault } from "../../bench/codec/round-trip.js";
import { runCodec } from "../../bench/suites/codec.js";

const messages = await benchMessages();
const all = await contenders(messages);

test("every message type of the specification is measured", () => {
  expect(messages.map(({ type }) => type)).toEqual([...MESSAGES.keys()]);
});

describe.each(all)("$name", (contender) => {
  test.each(messages)("carries $type faithfully", (message) => {
    expect(roundTripFault(contender.prepare(message))).toBeUndefined();
  });
});

test("a contender that loses something is found out", () => {
  const [contender] = all;
  const [message] = messages;
  if (contender === undefined || message === undefined) throw new Error("there is nobody");
  const codec = contender.prepare(message);
  const forgetful = { ...codec, decoded: () => ({ ...message.payload, data: {} }) };
  expect(roundTripFault(forgetful)).toBe("/data/ids is undefined");
});

test("a run says how many times as fast as each other we are, at each message and in all", async () => {
  const { result } = await runCodec({ roundCount: 2, sliceMs: 0.01, warmUpMs: 0 });
  const names = all.map(({ name }) => name).filter((name) => name !== "ours");
  const ratios = [
    ...names.map((name) => `decode_vs_${name}`),
    ...names.filter((name) => name !== "msgpackr_ajv").map((name) => `encode_vs_${name}`),
  ];
  const positive = Object.fromEntries(ratios.map((name) => [name, expect.any(Number)]));
  expect(result).toMatchObject({ ...positive, machine: { node: process.version } });
  const { rows } = result as { rows: readonly { message: string; ratios: object }[] };
  expect(rows.map(({ message }) => message)).toEqual([...MESSAGES.keys()]);
  for (const row of rows) expect(row.ratios).toMatchObject(positive);
});
