import { describe, expect, it } from "vitest";
import type { Role } from "../../runtime/wire/message-type.js";
import { startNode } from "../support/cluster.js";
import { startPython, withoutPython } from "../support/python-peer.js";
import {
  answerTo,
  type Example,
  examplesOf,
  handleExample,
  sendExample,
  typesBetween,
} from "../support/schema-examples.js";

/** With all capabilities, and with those alone without which there are no streams. */
const SETTINGS: [string, string[]][] = [
  ["everything in force", ["lz4", "bin", "streams", "flow", "delivery"]],
  ["streams alone", ["streams"]],
];
const ROLES: [Role, Role][] = [
  ["node", "controller"],
  ["controller", "node"],
  ["node", "node"],
];

/** How `example` of a type is answered: with each example of its answer in turn, or all items at once. */
function answersTo(type: ReturnType<typeof typesBetween>[number], example: Example): Example[] {
  if (type.stream !== undefined) return examplesOf(type.stream.type);
  if (type.answer === undefined) return [];
  return [answerTo(type, example, examplesOf(type.answer.type).at(-1)!)];
}

it("covers every type that a program sends", () => {
  const covered = ROLES.flatMap(([from, to]) => typesBetween(from, to).map(({ type }) => type));
  const replies = ROLES.flatMap(([from, to]) =>
    typesBetween(from, to).flatMap(({ answer, stream }) => [answer?.type, stream?.type]),
  );
  const layer = ["ack", "cancel", "error", "goodbye", "goodbye_ack", "hello", "hello_ack"];
  const rest = [...layer, "stream.credit", "stream.end", "window.update"];
  expect(new Set([...covered, ...replies, ...rest].filter(Boolean)).size).toBe(47);
});

describe.skipIf(withoutPython)(`examples of every type ${withoutPython ?? ""}`, () => {
  for (const [setting, capabilities] of SETTINGS) {
    it.each(ROLES)(`go to a Python peer, ${setting}: %s to %s`, async (from, to) => {
      const node = await startNode(`${from}-1`, { role: from });
      const python = await startPython("python-1", { role: to, capabilities });
      const peer = await node.peerAt(python.address);
      for (const type of typesBetween(from, to)) {
        for (const example of examplesOf(type.type)) {
          const [answers, items] = [answersTo(type, example), type.stream !== undefined];
          const script = items ? { items: answers } : { answer: answers[0] ?? null };
          await python.do("script", { type: type.type, ...script });
          if (type.type === "ping") await peer.ping(example as { timestamp: number });
          else
            expect([type.type, await sendExample(peer, type, example)]).toEqual([
              type.type,
              answers,
            ]);
        }
      }
      const sent = typesBetween(from, to)
        .filter(({ type }) => type !== "ping")
        .flatMap(({ type }) => examplesOf(type).map((data) => ({ type, data })));
      await expect.poll(() => python.do("received")).toHaveLength(sent.length);
      const received = (await python.do("received")).map(({ type, data }) => ({ type, data }));
      const byName = (a: { type: string }, b: { type: string }) => a.type.localeCompare(b.type);
      expect(received.sort(byName)).toEqual(sent.sort(byName));
    });

    it.each(ROLES)(`come from a Python peer, ${setting}: %s to %s`, async (from, to) => {
      const node = await startNode(`${to}-1`, { role: to });
      const python = await startPython("python-1", { role: from, capabilities });
      await python.dial(node.address!);
      const received: Record<string, Example[]> = {};
      for (const type of typesBetween(from, to)) {
        const { type: name } = type;
        const got: Example[] = [];
        const answers = (example: Example) => answersTo(type, example);
        const isOurs =
          name !== "ping" &&
          handleExample(node, type, (example) => {
            got.push(example);
            return answers(example);
          });
        for (const data of examplesOf(name)) {
          const call = { to: node.id, type: name, data };
          if (type.stream !== undefined) {
            const { items } = await python.do<{ items: Example[] }>("stream", call);
            expect([name, items]).toEqual([name, answers(data)]);
          } else if (type.answer !== undefined && isOurs) {
            expect([name, await python.do("request", call)]).toEqual([name, answers(data)[0]]);
          } else if (name === "gossip.probe") {
            // Members help members alone, by the capability `membership`, which this peer does without.
            await expect(python.do("request", call)).rejects.toMatchObject({ code: "UNSUPPORTED" });
          } else await python.do(type.answer === undefined ? "send" : "request", call);
        }
        if (isOurs) received[name] = got;
      }
      const wanted = Object.keys(received).map((name) => [name, examplesOf(name)]);
      await expect.poll(() => received).toEqual(Object.fromEntries(wanted));
      const faults = node.connections().filter(({ isOpen }) => !isOpen);
      expect(faults).toEqual([]);
    });
  }
});
