import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeError, type ErrorDescription } from "../../describe/error.js";
import { messageFacts } from "../../describe/facts.js";
import { describeMessage, type MessageDescription } from "../../describe/message.js";
import type { FieldRow } from "../../describe/rows.js";
import { PACKAGE_ROOT } from "../../package-root.js";
import type { Read } from "../../pipeline.js";
import { escaped, link, prose } from "./markup.js";

/** Everything about the protocol's messages and errors on one page that needs nothing else. */
export async function htmlPage(read: Read, title: string): Promise<string> {
  const messages = read.model.messages.map((message) => describeMessage(message, read));
  const errors = read.model.errors.map((error) => describeError(error, read));
  const known = new Set([...messages.map(({ type }) => type), ...errors.map(({ code }) => code)]);
  const [style, script] = await Promise.all([asset("reference.css"), asset("reference.js")]);
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(title)}</title>
<style>
${style}</style>
</head>
<body>
<nav>
<h1>${escaped(title)}</h1>
<input type="search" id="search" placeholder="Search (press /)" aria-label="Search messages, fields and errors">
<p id="count" role="status"></p>
${groups(messages)}
${group(
  "Errors",
  errors.map(({ code }) => code),
)}
</nav>
<main>
${messages.map((message) => messageSection(message, known)).join("\n")}
${errors.map((error) => errorSection(error, known)).join("\n")}
</main>
<script>
${script}</script>
</body>
</html>
`;
}

async function asset(name: string): Promise<string> {
  return await readFile(join(PACKAGE_ROOT, "codegen", "templates", name), "utf8");
}

/** Messages by the first word of their names; what has but one word stands together. */
function groups(messages: readonly MessageDescription[]): string {
  const names = new Map<string, string[]>();
  for (const { type } of messages) {
    const key = type.includes(".") ? (type.split(".")[0] ?? "") : "General";
    names.set(key, [...(names.get(key) ?? []), type]);
  }
  return [...names].map(([key, types]) => group(key, types)).join("\n");
}

function group(title: string, names: readonly string[]): string {
  const items = names.map((name) => `<li data-for="${name}"><a href="#${name}">${name}</a></li>`);
  return `<section><h2>${escaped(title)}</h2><ul>${items.join("")}</ul></section>`;
}

function messageSection(message: MessageDescription, known: ReadonlySet<string>): string {
  const facts = messageFacts(message).map(([name, value]) => [name, linked(value, known)] as const);
  const errors = message.errors.map(({ code, when }) => `<li>${link(code)} ${escaped(when)}</li>`);
  return section(message.type, message.role, [
    `<p>${prose(message.doc, known)}</p>`,
    definitions(facts),
    fieldTable("Fields", message.fields, known),
    `<details><summary>Errors</summary><ul>${errors.join("")}</ul></details>`,
    examples(message.examples),
  ]);
}

function errorSection(error: ErrorDescription, known: ReadonlySet<string>): string {
  const { code, number, doc, help, retryable, blame, closes } = error;
  return section(code, `error ${number}`, [
    `<p>${prose(doc, known)}</p>`,
    definitions([
      ["what to do", prose(help, known)],
      ["retryable", retryable ? "yes" : "no"],
      ["blame", escaped(blame)],
      ["connection", closes ? "closes where the error is about it" : "stays open"],
    ]),
    fieldTable("Details", error.details, known),
    examples(error.examples),
  ]);
}

function section(name: string, role: string, parts: readonly string[]): string {
  const heading = `<h2><a href="#${name}">${name}</a> <small>${escaped(role)}</small></h2>`;
  return `<article id="${name}">\n${heading}\n${parts.join("\n")}\n</article>`;
}

function linked(value: string, known: ReadonlySet<string>): string {
  return escaped(value).replace(/[a-z_]+(?:\.[a-z_]+)+|\b[a-z_]+\b/g, (word) => {
    return word.includes(".") && known.has(word) ? link(word) : word;
  });
}

function definitions(rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${value}</dd>`);
  return `<dl>${items.join("")}</dl>`;
}

function fieldTable(title: string, rows: readonly FieldRow[], known: ReadonlySet<string>): string {
  if (rows.length === 0) return `<p class="none">No ${title.toLowerCase()}.</p>`;
  const lines = rows.map(({ path, depth, words, isRequired, isDeprecated, doc }) => {
    const flags = [isRequired ? "required" : "", isDeprecated ? "deprecated" : ""].filter(Boolean);
    const name = escaped(path.slice(path.lastIndexOf(".") + 1));
    const mark = flags.map((flag) => ` <b class="${flag}">${flag}</b>`).join("");
    return `<tr><th scope="row" title="${escaped(path)}" style="--depth:${depth}">${name}${mark}</th><td><span class="type">${escaped(words)}</span>${prose(doc, known)}</td></tr>`;
  });
  return `<table><caption>${title}</caption><tbody>${lines.join("\n")}</tbody></table>`;
}

function examples(values: readonly unknown[]): string {
  const blocks = values.map(
    (value) => `<pre>${escaped(JSON.stringify(value, undefined, 2))}</pre>`,
  );
  const noun = values.length === 1 ? "Example" : "Examples";
  return blocks.length === 0
    ? ""
    : `<details><summary>${noun}</summary>${blocks.join("\n")}</details>`;
}
