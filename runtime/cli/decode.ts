import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { Command } from "commander";
import { RnpError } from "../index.js";
import { framesInCapture, type HeardFrame } from "./decode/conversation.js";
import { decodeFrames } from "./decode-frames.js";
import { print, printJson, toJson } from "./print.js";

interface DecodeOptions {
  readonly keyLog?: string;
  readonly hex?: true;
  readonly json?: true;
}

/** The command `rnp decode`: frames to readable text, each error named. */
export function decodeCommand(): Command {
  return new Command("decode")
    .description("turn frames into readable text, naming each error")
    .argument(
      "[file]",
      "a capture (pcap, pcapng), or the bytes of one direction, as they are or as hex digits; - or nothing: standard input",
      "-",
    )
    .option("--hex", "the bytes are hex digits, whatever they look like")
    .option(
      "--key-log <file>",
      "secrets of TLS connections in a capture, as SSLKEYLOGFILE has them",
    )
    .option("--json", "print a line of JSON for each frame")
    .action(async (file: string, options: DecodeOptions) => {
      const bytes = await bytesOf(file, options);
      const keyLog = options.keyLog === undefined ? "" : await read(options.keyLog, "utf8");
      const frames: readonly HeardFrame[] = framesInCapture(bytes, keyLog) ?? decodeFrames(bytes);
      for (const frame of frames) show(frame, options);
      if (frames.some(({ error }) => error !== undefined)) process.exitCode = 1;
    });
}

async function bytesOf(file: string, { hex }: DecodeOptions): Promise<Uint8Array> {
  if (hex) return fromHex(file === "-" ? await textOf(process.stdin) : await read(file, "utf8"));
  const bytes = file === "-" ? Buffer.concat(await process.stdin.toArray()) : await read(file);
  return isHex(bytes) ? fromHex(bytes.toString("latin1")) : bytes;
}

/** Frames begin with letters that are no digits, so nothing is mistaken for the other. */
function isHex(bytes: Buffer): boolean {
  return bytes.length > 0 && /^[\s0-9a-f]*$/i.test(bytes.toString("latin1"));
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

function show(frame: HeardFrame, { json }: DecodeOptions): void {
  if (json) return printJson(frame);
  const { offset, size, flags, message, error, from, to, time } = frame;
  const marks = flags.length === 0 ? "" : ` [${flags.join(" ")}]`;
  const when = time === undefined ? "" : `${new Date(time).toISOString().slice(11, 23)}  `;
  const whose = from === undefined ? "" : `${from} > ${to}  `;
  print(`${when}${whose}@${offset}  ${size} bytes${marks}  ${message?.type ?? ""}`.trimEnd());
  if (message !== undefined) {
    const { data, type: _, ...heading } = message;
    print(`    ${toJson(heading)}`);
    print(`    data ${toJson(data)}`);
  }
  if (error !== undefined) print(`    ${error.code}: ${error.message}`);
}
