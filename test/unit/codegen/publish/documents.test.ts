import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { load } from "../../../../codegen/load.js";
import { readSchemas } from "../../../../codegen/pipeline.js";
import { asyncApi } from "../../../../codegen/publish/asyncapi.js";
import { dissector } from "../../../../codegen/publish/dissector.js";
import { vectorFiles } from "../../../../codegen/publish/vectors/index.js";
import { pcapOf } from "../../../support/pcap.js";
import { folderWith, ROOT } from "../support.js";

const run = promisify(execFile);
const read = await readSchemas(await load(join(ROOT, "schema")));

describe("the AsyncAPI document", () => {
  const document = JSON.parse(asyncApi(read, { title: "RNP", version: "1.0.0" })) as Document;

  interface Document {
    readonly operations: Record<string, { reply?: { channel: { $ref: string } } }>;
    readonly components: { messages: Record<string, unknown> };
  }

  test("satisfies the schema of AsyncAPI 3", async () => {
    const path = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0.json");
    const schema = JSON.parse(await readFile(path, "utf8")) as object;
    // The schema brings the meta schema of its dialect along.
    const ajv = new Ajv({
      strict: false,
      meta: false,
      validateSchema: false,
      validateFormats: false,
    });
    const validate = ajv.compile(schema);
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(validate({ ...document, info: {} })).toBe(false);
  });

  test("has every message, and the reply of every request", () => {
    expect(Object.keys(document.components.messages)).toHaveLength(read.model.messages.length);
    expect(document.operations.send_mesh_query?.reply?.channel.$ref).toBe(
      "#/channels/mesh_response",
    );
    expect(document.operations.send_mesh_response).toBeUndefined();
  });

  test("has no reference that leads nowhere", () => {
    for (const [, pointer = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const steps = pointer.split("/");
      const target = steps.reduce<unknown>(
        (at, step) => (at as Record<string, unknown>)?.[step],
        document,
      );
      expect(target, pointer).toBeDefined();
    }
  });
});

/** Where the program is not installed, nothing can be said of it. */
const hasTshark = await run("tshark", ["--version"]).then(
  () => true,
  () => false,
);

describe.skipIf(!hasTshark)("the dissector in tshark", () => {
  const vectors = new Map(
    vectorFiles(read).map(([path, text]) => {
      const { type, valid } = JSON.parse(text) as { type: string; valid: Record<string, string>[] };
      return [type, { path, frames: valid }];
    }),
  );
  const frame = (type: string, form = "frame") => {
    const hex = vectors.get(type)?.frames.find((one) => one[form] !== undefined)?.[form];
    return Buffer.from(hex ?? "", "hex");
  };

  /** What tshark finds in the fields of a capture. */
  async function fields(
    bytes: readonly Uint8Array[],
    ...names: readonly string[]
  ): Promise<readonly string[]> {
    const folder = await folderWith(Object.fromEntries(await dissector(read)));
    const capture = join(folder, "capture.pcap");
    await writeFile(capture, pcapOf(bytes.map((piece) => ({ from: "client", bytes: piece }))));
    const script = join(folder, "wireshark/rnp.lua");
    const argv = [
      "-X",
      `lua_script:${script}`,
      "-d",
      "tcp.port==7946,rnp",
      "-r",
      capture,
      "-Y",
      "rnp",
    ];
    const { stdout } = await run("tshark", [
      ...argv,
      "-T",
      "fields",
      ...names.flatMap((name) => ["-e", name]),
    ]);
    return stdout.trimEnd().split("\n");
  }

  test("names every message, and finds nothing wrong with it", async () => {
    const types = [...vectors.keys()];
    const lines = await fields(
      types.map((type) => frame(type)),
      "rnp.type",
      "_ws.expert.message",
    );
    const named = lines.map((line) => line.split("\t"));
    expect(named.map(([type]) => type)).toEqual(types);
    const remarks = named.filter(([type]) => type !== "error").map(([, remark]) => remark);
    expect(remarks.filter(Boolean)).toEqual([]);
  });

  test("names the code of an error and who sent it", async () => {
    const [line] = await fields([frame("error")], "rnp.code", "rnp.sender");
    expect(line).toBe("RESOURCE_EXHAUSTED\tnode-1");
  });

  test("marks what is compressed, with its size", async () => {
    const [line] = await fields(
      [frame("sync.response", "frame_lz4")],
      "rnp.flags",
      "rnp.compressed.original",
    );
    expect(line).toMatch(/^0x0001\t\d{4}$/);
  });

  test("puts a frame together that came in pieces, and takes two apart that came in one", async () => {
    const [one, other] = [frame("hello"), frame("ping")];
    const pieces = [
      one.subarray(0, 5),
      one.subarray(5, 100),
      Buffer.concat([one.subarray(100), other]),
    ];
    expect(await fields(pieces, "rnp.type")).toEqual(["hello,ping"]);
  });

  test("says what is no frame, no known type, or no payload", async () => {
    const unknown = Buffer.from(
      frame("ping").toString("hex").replace("70696e67", "70696e78"),
      "hex",
    );
    const broken = Buffer.from("524e50010100000000020000c1c1", "hex");
    const lines = await fields([unknown, broken], "_ws.expert.message");
    expect(lines[0]).toContain("Unknown message type");
    expect(lines[1]).toContain("Payload is no MessagePack");
    expect(await fields([Buffer.from("GET / HTTP/1.1\r\n")], "_ws.expert.message")).toEqual([
      "Not a frame of RNP",
    ]);
  });
});
