import type { ErrorDescription } from "./error.js";
import { messageFacts } from "./facts.js";
import type { MessageDescription } from "./message.js";
import type { FieldRow } from "./rows.js";

/** Columns of a terminal that nobody has made wider. */
const WIDTH = 100;

/** A message type as text for a terminal. */
export function messageText(message: MessageDescription): string {
  const { type, title, role, doc, examples } = message;
  return sections([
    [`${type}   ${title}, ${role}`, ...paragraph(doc, "  ")],
    facts(messageFacts(message)),
    ["Fields", ...fieldLines(message.fields)],
    [
      "Errors",
      ...message.errors.map(({ code, retryable, when }) => errorLine(code, retryable, when)),
    ],
    ["Example", ...exampleLines(examples)],
  ]);
}

/** An error code as text for a terminal. */
export function errorText({
  code,
  number,
  doc,
  help,
  details,
  examples,
  ...rules
}: ErrorDescription): string {
  return sections([
    [`${code}   error ${number}`, ...paragraph(doc, "  ")],
    facts([
      ["retryable", rules.retryable ? "yes" : "no"],
      ["blame", rules.blame],
      ["connection", rules.closes ? "closes where the error is about it" : "stays open"],
      ["what to do", help],
    ]),
    ["Details", ...fieldLines(details)],
    ["Example", ...exampleLines(examples)],
  ]);
}

function facts(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.flatMap(([name, value]) => {
    const [first = "", ...rest] = paragraph(value, " ".repeat(16));
    return [`  ${name.padEnd(14)}${first.trimStart()}`, ...rest];
  });
}

function fieldLines(rows: readonly FieldRow[]): readonly string[] {
  if (rows.length === 0) return ["  none"];
  return rows.flatMap(({ path, depth, isRequired, isDeprecated, words, doc }) => {
    const indent = "  ".repeat(depth + 1);
    const flags = `${isRequired ? "" : ", optional"}${isDeprecated ? ", deprecated" : ""}`;
    const name = path.slice(path.lastIndexOf(".") + 1);
    return [`${indent}${name}: ${words}${flags}`, ...paragraph(doc, `${indent}    `)];
  });
}

function errorLine(code: string, retryable: boolean, when: string): string {
  return `  ${code.padEnd(20)}${retryable ? "retryable  " : "final      "}${when}`;
}

function exampleLines([first]: readonly unknown[]): readonly string[] {
  if (first === undefined) return ["  none"];
  return JSON.stringify(first, undefined, 2)
    .split("\n")
    .map((line) => `  ${line}`);
}

function paragraph(text: string, indent: string): readonly string[] {
  const lines = [indent];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    const longer = last === indent ? last + word : `${last} ${word}`;
    if (longer.length <= WIDTH || last === indent) lines.splice(-1, 1, longer);
    else lines.push(indent + word);
  }
  return lines;
}

function sections(parts: readonly (readonly string[])[]): string {
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}
