import { describeError, type ErrorDescription } from "../../describe/error.js";
import { messageFacts } from "../../describe/facts.js";
import { describeMessage, type MessageDescription } from "../../describe/message.js";
import type { FieldRow } from "../../describe/rows.js";
import type { Read } from "../../pipeline.js";

/** One page for each message and one for each error, and an index of them. */
export function markdownPages(read: Read, title: string): readonly (readonly [string, string])[] {
  const messages = read.model.messages.map((message) => describeMessage(message, read));
  const errors = read.model.errors.map((error) => describeError(error, read));
  return [
    ["reference/README.md", indexPage(title, messages, errors)],
    ...messages.map(
      (message) => [`reference/messages/${message.type}.md`, messagePage(message)] as const,
    ),
    ...errors.map((error) => [`reference/errors/${error.code}.md`, errorPage(error)] as const),
  ];
}

function indexPage(
  title: string,
  messages: readonly MessageDescription[],
  errors: readonly ErrorDescription[],
): string {
  const messageRows = messages.map(({ type, from, to, delivery, doc }) => {
    return [
      `[\`${type}\`](messages/${type}.md)`,
      `${from.join(", ")} → ${to.join(", ")}`,
      delivery,
      firstSentence(doc),
    ];
  });
  const errorRows = errors.map(({ code, number, retryable, doc }) => {
    return [
      `[\`${code}\`](errors/${code}.md)`,
      String(number),
      retryable ? "yes" : "no",
      firstSentence(doc),
    ];
  });
  return page(
    `# ${title}`,
    "## Messages",
    table(["type", "direction", "delivery", "what for"], messageRows),
    "## Errors",
    table(["code", "number", "retryable", "what it means"], errorRows),
  );
}

function messagePage(message: MessageDescription): string {
  const errors = message.errors.map(({ code, when }) => [
    `[\`${code}\`](../errors/${code}.md)`,
    when,
  ]);
  return page(
    `# ${message.type}`,
    message.doc,
    table(["", ""], messageFacts(message)),
    "## Fields",
    fields(message.fields),
    "## Errors",
    table(["code", "when"], errors),
    ...examples(message.examples),
  );
}

function errorPage(error: ErrorDescription): string {
  const { code, number, doc, help, retryable, blame, closes, details } = error;
  const facts = [
    ["number", String(number)],
    ["retryable", retryable ? "yes" : "no"],
    ["blame", blame],
    ["closes the connection", closes ? "where it is about the connection" : "no"],
  ];
  return page(
    `# ${code}`,
    doc,
    help,
    table(["", ""], facts),
    "## Details",
    fields(details),
    ...examples(error.examples),
  );
}

function fields(rows: readonly FieldRow[]): string {
  if (rows.length === 0) return "None.";
  const cells = rows.map(({ path, words, isRequired, doc }) => [
    `\`${path}\``,
    words,
    isRequired ? "yes" : "",
    doc,
  ]);
  return table(["field", "type", "required", "meaning"], cells);
}

function examples(values: readonly unknown[]): readonly string[] {
  return values.map((value, index) => {
    const heading = index === 0 ? "## Examples\n\n" : "";
    return `${heading}\`\`\`json\n${JSON.stringify(value, undefined, 2)}\n\`\`\``;
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A bar would end the cell, also inside of code. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

function page(...parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
