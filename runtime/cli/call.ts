import { isDeepStrictEqual } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { MESSAGES, type Peer, RnpError } from "../index.js";
import { WireFault } from "../wire/fault.js";
import type { MessageType } from "../wire/message-type.js";
import { asClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { print, printJson, toJson } from "./print.js";

interface CallCommandOptions extends IdentityOptions {
  readonly timeout?: number;
  readonly json?: true;
}

type Method = (
  data: unknown,
  options: { timeoutMs?: number },
) => Promise<unknown> | AsyncIterable<unknown>;

/** The command `rnp call`: sends one message of any type and prints what answers it. */
export function callCommand(): Command {
  return withIdentity(new Command("call"))
    .description("send one message and print its answer, or each of a stream")
    .argument("<host:port>", "where the node listens")
    .argument("<type>", "message type, such as mesh.query")
    .argument("<json>", "its data, checked against the schema of the type")
    .option(
      "--timeout <ms>",
      "how long to wait; default: as the schema says, streams for ever",
      msArgument,
    )
    .option("--json", "print one line of JSON for each answer")
    .action(async (address: string, type: string, json: string, options: CallCommandOptions) => {
      const data = dataOf(type, json);
      await asClient(address, options, async (peer) => {
        const { timeout: timeoutMs } = options;
        const called = methodOf(peer, type)(data, timeoutMs === undefined ? {} : { timeoutMs });
        if (isStream(called)) for await (const item of called) show(type, item, options);
        else show(type, await called, options);
      });
    });
}

function isStream(called: object): called is AsyncIterable<unknown> {
  return Symbol.asyncIterator in called;
}

function show(type: string, answer: unknown, { json }: CallCommandOptions): void {
  if (json) printJson(answer ?? { delivered: true });
  else print(answer === undefined ? `${type} delivered` : toJson(answer, 2));
}

/** Reads and checks the data; binary fields are given as base64 text. */
function dataOf(typeName: string, text: string): unknown {
  const type = MESSAGES.get(typeName);
  if (type === undefined) throw unknownType(typeName);
  const given = parseJson(text);
  const data = accepted(type, structuredClone(given));
  // Reading is tolerant and drops what the schema does not know; from a person it is a slip of the pen.
  if (!isDeepStrictEqual(JSON.parse(toJson(data)), given)) {
    throw new RnpError(
      "PROTOCOL_ERROR",
      `${typeName}: the data has fields that its schema does not know; got ${text.slice(0, 200)}`,
    );
  }
  return data;
}

function accepted(type: MessageType, given: unknown): unknown {
  try {
    return type.accept(given);
  } catch (thrown) {
    if (!(thrown instanceof WireFault)) throw thrown;
    throw new RnpError("PROTOCOL_ERROR", thrown.message, { cause: thrown });
  }
}

function methodOf(peer: Peer, type: string): Method {
  let target: unknown = peer;
  for (const part of type.split(".")) target = (target as Record<string, unknown>)?.[part];
  if (typeof target === "function") return target as Method;
  throw new RnpError("PROTOCOL_ERROR", `${type} is no message that one sends; it is an answer`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const text = `the data is not JSON: ${(cause as Error).message}`;
    throw new RnpError("PROTOCOL_ERROR", text, { cause });
  }
}

function unknownType(name: string): RnpError {
  const near = [...MESSAGES.keys()].filter((type) => type.split(".")[0] === name.split(".")[0]);
  const known = near.length > 0 ? near : [...MESSAGES.keys()];
  return new RnpError("NOT_FOUND", `no message type "${name}"; there are ${known.join(", ")}`);
}

function msArgument(text: string): number {
  const ms = Number(text);
  if (Number.isFinite(ms) && ms > 0) return ms;
  throw new InvalidArgumentError("expected milliseconds above 0.");
}
