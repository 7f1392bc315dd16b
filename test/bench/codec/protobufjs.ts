import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import pbjs from "protobufjs-cli/pbjs.js";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";
import { PROTO_PACKAGE, protoMessage } from "./proto-model.js";
import { protoText } from "./proto-text.js";
import { protoValue } from "./proto-value.js";

/** A class of the static code, as far as it is used here. */
interface StaticType {
  create(value: unknown): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Payload;
}

type StaticTypes = Readonly<Record<string, StaticType | undefined>>;

/** protobufjs with code that its command line wrote beforehand: its fastest way. */
export async function protobufjs(messages: readonly BenchMessage[]): Promise<Contender> {
  const types = await staticTypes(
    protoText(messages.map(({ title, shape }) => protoMessage(title, shape.fields))),
  );
  return { name: "protobufjs", prepare: (message) => prepare(message, types) };
}

function prepare({ title, payload, shape }: BenchMessage, types: StaticTypes): Codec {
  const type = types[title];
  if (type === undefined) throw new Error(`pbjs wrote no ${title}`);
  const value = type.create(protoValue(shape, payload));
  const bytes = Buffer.from(type.encode(value).finish());
  return {
    bytes,
    value,
    encode: () => type.encode(value).finish().length,
    decode: () => digestOf(type.decode(bytes)),
    decoded: () => type.decode(bytes),
  };
}

/** Runs pbjs and loads what it writes, from a folder that finds `protobufjs` and is gone afterwards. */
async function staticTypes(text: string): Promise<StaticTypes> {
  const parent = join(PACKAGE_ROOT, "dist");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "bench-"));
  try {
    const source = join(folder, "bench.proto");
    await writeFile(source, text);
    const module = join(folder, "bench.cjs");
    await writeFile(module, await staticModule(source));
    const exports = createRequire(import.meta.url)(module) as Record<string, StaticTypes>;
    return exports[PROTO_PACKAGE] ?? {};
  } finally {
    await rm(folder, { recursive: true });
  }
}

function staticModule(source: string): Promise<string> {
  const options = ["-t", "static-module", "-w", "commonjs", "--keep-case", "--no-comments"];
  const leaveOut = ["--no-verify", "--no-convert", "--no-delimited", "--no-typeurl"];
  return new Promise((resolve, reject) => {
    pbjs.main([...options, ...leaveOut, source], (error, output) => {
      if (error === null && output !== undefined) resolve(output);
      else reject(error ?? new Error("pbjs wrote nothing"));
    });
  });
}
