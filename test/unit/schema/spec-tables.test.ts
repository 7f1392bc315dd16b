import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import { MESSAGES } from "../../../generated/dispatch.js";
import { ERRORS } from "../../../generated/errors.js";
import type { MessageType } from "../../../runtime/wire/index.js";

const SPEC = await readFile(join(PACKAGE_ROOT, "schema/SPEC.md"), "utf8");

/** The cells of the table in `schema/SPEC.md` that begins with these columns, without its head. */
function tableOf(...columns: readonly string[]): readonly (readonly string[])[] {
  const lines = SPEC.split("\n");
  const isHead = (line: string) => cellsOf(line).slice(0, columns.length).join() === columns.join();
  const rows = lines.slice(lines.findIndex(isHead) + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map(cellsOf);
}

function cellsOf(line: string): readonly string[] {
  const cells = line.split("|").slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll("`", ""));
}

function roles(names: readonly string[]): string {
  return names.length === 2 ? "any" : names.join();
}

/** What only a connection sends is bound to it, so that its pool says nothing. */
function poolOf({ type, layer, pool, answer }: MessageType): string {
  const isAsked = answer !== undefined || type === "pong";
  return layer === "connection" && !isAsked ? "its connection" : pool;
}

function keyOf(match: MessageType["match"]): string {
  if (match.length === 0) return "none; reply_to only";
  return match.map(([asked, told]) => (asked === told ? asked : `${asked} = ${told}`)).join(", ");
}

describe("the tables of schema/SPEC.md say what the schemas say", () => {
  test("of every type: who sends it to whom, on which pool, with which delivery", () => {
    const expected = [...MESSAGES.values()].map((type) => {
      return [type.type, `${roles(type.from)} → ${roles(type.to)}`, poolOf(type), type.delivery];
    });
    const rows = tableOf("type", "from → to");
    expect([...rows].sort()).toEqual(expected.sort());
  });

  test("of every error: its number, whether to retry, and whether the connection closes", () => {
    const word = (is: boolean) => (is ? "yes" : "no");
    const expected = Object.entries(ERRORS).map(([code, { number, retryable, closes }]) => {
      return [String(number), code, word(retryable), word(closes)];
    });
    expect(tableOf("number", "code")).toEqual(expected);
  });

  test("of every request: its answer, and what pairs the two without `reply_to`", () => {
    const requests = [...MESSAGES.values()].filter(({ answer }) => answer !== undefined);
    const expected = requests.map(({ type, answer, match }) => [type, answer?.type, keyOf(match)]);
    expect([...tableOf("request", "answer")].sort()).toEqual(expected.sort());
  });

  test("of every stream: its request and its items", () => {
    const streams = [...MESSAGES.values()].filter(({ stream }) => stream !== undefined);
    const expected = streams.map(({ type, stream }) => [type, stream?.type]);
    expect(tableOf("request", "items")).toEqual(expected);
  });
});
