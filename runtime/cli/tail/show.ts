import type { LogEntry } from "../../index.js";
import { counted } from "../print.js";

/** One entry for people, on one line, or on two where lines before it were missed. */
export function entryText(entry: LogEntry, isStyled: boolean): string {
  const { timestamp, output, text, is_continued, missed } = entry;
  const style = isStyled ? STYLES : PLAIN;
  const time = style.dim(new Date(timestamp).toISOString());
  const mark = output === "stderr" ? style.red("err") : style.dim("out");
  const shown = isStyled ? harmless(text) : text;
  const line = `${time} ${mark} ${shown}${is_continued ? style.dim("\\") : ""}`;
  return missed === undefined
    ? line
    : `${style.dim(`… ${counted(missed, "line")} missed …`)}\n${line}`;
}

/**
 * Text of a program, so that it cannot move the cursor or rename the window of whoever looks at it. Colours
 * stay, and end with the line; what else is no text is shown as a sign for it.
 */
export function harmless(text: string): string {
  if (!CONTROL.test(text)) return text;
  const parts = text.split(COLOUR);
  const shown = parts.map((part, index) => (index % 2 === 1 ? part : part.replace(CONTROLS, sign)));
  return shown.join("") + (parts.length > 1 ? RESET : "");
}

/** `␛` for an escape; those above ASCII have no sign of their own. */
function sign(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return "␡";
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : "�";
}

const ESCAPE = "\x1b";
const RESET = `${ESCAPE}[0m`;
const PLAIN = { dim: (text: string) => text, red: (text: string) => text };
const STYLES = {
  dim: (text: string) => `${ESCAPE}[2m${text}${RESET}`,
  red: (text: string) => `${ESCAPE}[31m${text}${RESET}`,
};
/** Control characters; a tab is text. */
const CONTROL = /[^\P{Cc}\t]/u;
const CONTROLS = new RegExp(CONTROL, "gu");
/** "Select graphic rendition" of ECMA-48. */
const COLOUR = new RegExp(`(${ESCAPE}\\[[0-9;:]*m)`);
