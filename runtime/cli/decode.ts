import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { Command } from "commander";
import { RnpError } from "../index.js";
import { type DecodedFrame, decodeFrames } from "./decode-frames.js";
import { print, printJson, toJson } from "./print.js";

interface DecodeOptions {
  readonly hex?: true;
  readonly json?: true;
}

/** The command `rnp decode`: frames to readable text, each error named. */
export function decodeCommand(): Command {
  return new Command("decode")
    .description("turn frames into readable text, naming each error")
    .argument("[file]", "file with the bytes of one direction; - or nothing: standard input", "-")
    .option("--hex", "the bytes are hex digits; white space between them is ignored")
    .option("--json", "print a line of JSON for each frame")
    .action(async (file: string, options: DecodeOptions) => {
      const frames = decodeFrames(await bytesOf(file, options));
      for (const frame of frames) show(frame, options);
      if (frames.some(({ error }) => error !== undefined)) process.exitCode = 1;
    });
}

async function bytesOf(file: string, { hex }: DecodeOptions): Promise<Uint8Array> {
  if (hex) return fromHex(file === "-" ? await textOf(process.stdin) : await read(file, "utf8"));
  if (file !== "-") return read(file);
  return Buffer.concat(await process.stdin.toArray());
}

async function read(file: string): Promise<Buffer>;
async function read(file: string, encoding: "utf8"): Promise<string>;
async function read(file: string, encoding?: "utf8"): Promise<Buffer | string> {
  try {
    return await readFile(file, encoding);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : (cause as Error).message;
    throw new RnpError("NOT_FOUND", `cannot read ${file}: ${why}`, { cause });
  }
}

function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, "hex");
  const at = digits.search(/[^0-9a-f]/i);
  const why = at < 0 ? "the number of digits is odd" : `digit ${at + 1} is "${digits[at]}"`;
  throw new RnpError("PROTOCOL_ERROR", `expected pairs of hex digits: ${why}`);
}

function show(frame: DecodedFrame, { json }: DecodeOptions): void {
  if (json) return printJson(frame);
  const { offset, size, flags, message, error } = frame;
  const marks = flags.length === 0 ? "" : ` [${flags.join(" ")}]`;
  print(`@${offset}  ${size} bytes${marks}  ${message?.type ?? ""}`.trimEnd());
  if (message !== undefined) {
    const { data, type: _, ...heading } = message;
    print(`    ${toJson(heading)}`);
    print(`    data ${toJson(data)}`);
  }
  if (error !== undefined) print(`    ${error.code}: ${error.message}`);
}
