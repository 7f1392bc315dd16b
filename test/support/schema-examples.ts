import { readFileSync } from "node:fs";
import { toJson } from "../../runtime/cli/print.js";
import { MESSAGES, type Peer, type RnpNode } from "../../runtime/index.js";
import type { MessageType, Role } from "../../runtime/wire/message-type.js";

type Method = (data: unknown) => Promise<unknown> | AsyncIterable<unknown>;

/** Data as JSON: bytes are base64 text. */
export type Example = Record<string, unknown>;

/** The examples in the schema of a type. */
export function examplesOf(type: string): Example[] {
  const path = new URL(
    `../../schema/messages/${type.replaceAll(".", "/")}.schema.json`,
    import.meta.url,
  );
  return JSON.parse(readFileSync(path, "utf8")).examples;
}

/** All types that a program sends from one role to another, but answers and items. */
export function typesBetween(from: Role, to: Role): MessageType[] {
  const all = [...MESSAGES.values()];
  const replies = new Set(all.flatMap(({ answer, stream }) => [answer?.type, stream?.type]));
  return all.filter(
    (type) =>
      (type.layer === "application" || type.type === "ping") &&
      type.from.includes(from) &&
      type.to.includes(to) &&
      (!replies.has(type.type) || isStandalone(type)),
  );
}

/** An example of the answer with the natural key of `request`. */
export function answerTo(type: MessageType, request: Example, answer: Example): Example {
  const keys = type.match.map(([ours, theirs]) => [theirs, request[ours]]);
  return { ...answer, ...Object.fromEntries(keys) };
}

/** Data for a program, from an example. */
export function dataOf(type: MessageType, example: Example): unknown {
  return type.accept(structuredClone(example));
}

/** An example, from the data of a program. */
export function jsonOf(data: unknown): Example {
  return JSON.parse(toJson(data));
}

/** Sends an example of any type by a generated client, and gives what answers it: each item of a stream. */
export async function sendExample(
  peer: Peer,
  type: MessageType,
  example: Example,
): Promise<Example[]> {
  let target: unknown = peer;
  for (const part of type.type.split(".")) target = (target as Record<string, unknown>)[part];
  const called = (target as Method)(dataOf(type, example));
  const answers: unknown[] = [];
  if (Symbol.asyncIterator in called) for await (const item of called) answers.push(item);
  else answers.push(await called);
  return answers.filter((answer) => answer !== undefined).map(jsonOf);
}

/** Has `node` handle a type; `false` where it does so by itself. */
export function handleExample(
  node: RnpNode,
  type: MessageType,
  handle: (example: Example) => Example[] | Promise<Example[]>,
): boolean {
  const { answer, stream } = type;
  const handler =
    stream === undefined
      ? async (data: unknown) => {
          const [reply] = await handle(jsonOf(data));
          return answer && dataOf(answer, reply!);
        }
      : async function* (data: unknown) {
          for (const item of await handle(jsonOf(data))) yield dataOf(stream, item);
        };
  try {
    node.handle(type.type as "mesh.query", handler as never);
    return true;
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "ALREADY_EXISTS") return false;
    throw thrown;
  }
}

/** Whether an answer is a message of its own as well. */
function isStandalone({ type, delivery }: MessageType): boolean {
  return type === "instance.started" && delivery === "at-least-once";
}
