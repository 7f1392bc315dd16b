import type { Message } from "../model.js";

/** Columns of a line of prose, which leaves room for its indentation. */
const PROSE_WIDTH_MAX = 92;

/** A text in lines short enough for a comment; its own line ends stay. */
export function wrap(text: string): string {
  return text.split("\n").map(wrapLine).join("\n");
}

function wrapLine(line: string): string {
  const lines: string[] = [""];
  for (const word of line.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= PROSE_WIDTH_MAX) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines.join("\n").trim();
}

/** A doc comment. Nothing in the text ends it early. */
export function docComment(text: string): string {
  const lines = wrap(text).replaceAll("*/", "* /").split("\n");
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"].join("\n");
}

/** `From node or controller to controller. As needed.` */
export function journey({ from, to, frequency }: Message): string {
  return `From ${from.join(" or ")} to ${to.join(" or ")}. ${sentence(frequency)}`.trimEnd();
}

/** A text in quotes, as code. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function sentence(text: string): string {
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}
