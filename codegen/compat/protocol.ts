import { PROTOCOL_FILE } from "../load.js";
import { isSchema } from "../schema.js";
import type { Judgement, Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

type Judge = (before: unknown, after: unknown) => Omit<Judgement, "rule" | "text">;

const OTHER_WIRE: Judge = () => ({
  effect: "wire",
  breaks: true,
  why: "The two versions do not understand each other at all.",
  instead: "Leave it, or begin a new major version.",
});

const CAPABILITY: Judge = (before) => ({
  effect: "semantics",
  breaks: before !== undefined,
  why: "What both sides name is in force; what one of them no longer knows is not.",
  instead: before === undefined ? "Nothing to do." : "Keep it for as long as peers rely on it.",
});

/** What every peer keeps to: a receiver that allows less refuses, and a sender that may more is refused. */
const LIMIT: Judge = (before, after) => {
  const isTighter = Number(after) < Number(before);
  return {
    effect: isTighter ? "reader" : "writer",
    breaks: true,
    why: isTighter
      ? "Old peers may send what this version refuses."
      : "This version may send what old peers refuse.",
    instead: "Offer a capability, and let the new limit count where both sides have it.",
  };
};

const DEFAULT: Judge = () => ({
  effect: "semantics",
  breaks: false,
  why: "Nodes that say nothing behave differently from before.",
  instead: "Say so in the release notes.",
});

/** By the first part of the path that fits, how a change of a number of the protocol is judged. */
const JUDGES: readonly (readonly [string, Judge])[] = [
  ["/description", DEFAULT],
  ["/version/minor", DEFAULT],
  ["/capabilities/", CAPABILITY],
  ["/limits/compression_threshold_bytes", DEFAULT],
  ["/limits/compression_ratio", DEFAULT],
  ["/limits/", LIMIT],
  ["/flow/", LIMIT],
  ["/pools/", DEFAULT],
  ["/retry/", DEFAULT],
  ["/liveness/", DEFAULT],
  ["/handshake/", DEFAULT],
  ["/", OTHER_WIRE],
];

/** What follows from the numbers of the protocol having changed. Schemas of a plugin have none. */
export function judgeProtocol({ old, now }: Versions): readonly Verdict[] {
  const [before, after] = [old, now].map(({ model }) => leaves(model.protocol?.values ?? {}));
  if (!before || !after || before.size === 0 || after.size === 0) return [];
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changed = paths.filter((path) => before.get(path) !== after.get(path));
  return changed.map((path) => judged(path, before.get(path), after.get(path)));
}

function judged(path: string, before: unknown, after: unknown): Verdict {
  const [, judge = OTHER_WIRE] = JUDGES.find(([prefix]) => path.startsWith(prefix)) ?? [];
  const judgement =
    path.startsWith("/capabilities/") && before !== undefined && after !== undefined
      ? DEFAULT(before, after)
      : judge(before, after);
  const text = `was ${words(before)}; is ${words(after)}`;
  return { rule: "protocol", ...judgement, text, file: PROTOCOL_FILE, place: path };
}

function words(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function leaves(value: unknown, path = ""): Map<string, unknown> {
  if (!isSchema(value)) return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, `${path}/${key}`)]),
  );
}
