import { execFile, spawn } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { temporaryFolder, testCertificateFiles } from "../../support/certificates.js";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const TYPESCRIPT = { encoding: "utf8", timeout: 120_000 } as const;

const GREET = {
  title: "AcmeGreet",
  description: "Says hello to a node, which says it back.",
  "x-rnp": {
    from: ["node"],
    to: ["controller"],
    layer: "application",
    frequency: "Now and then.",
    pool: "control",
    delivery: "at-most-once",
    answer: "acme.greeting",
    match: {},
    timeout_ms: 5000,
  },
  type: "object",
  properties: { name: { type: "string", maxLength: 63, description: "Whom to greet." } },
  required: ["name"],
  additionalProperties: false,
  examples: [{ name: "world" }],
};

const GREETING = {
  title: "AcmeGreeting",
  description: "The greeting.",
  "x-rnp": {
    from: ["controller"],
    to: ["node"],
    layer: "application",
    frequency: "In response to acme.greet.",
    pool: "control",
    delivery: "at-most-once",
  },
  type: "object",
  properties: { text: { type: "string", maxLength: 127, description: "The words." } },
  required: ["text"],
  additionalProperties: false,
  examples: [{ text: "hello, world" }],
};

/** `mood` is the new optional field of a message that was there before; both are typed. */
const SERVER = `
import { createNode } from "../runtime/index.js";

const [cert, key, ca] = process.argv.slice(2) as [string, string, string];
const node = await createNode({ identity: { cert, key, ca }, listen: "127.0.0.1:0" });
node.handle("acme.greet", ({ name }) => ({ text: "hello, " + name }));
node.handle("heartbeat", ({ mood }) => console.log("mood " + (mood ?? "unknown")));
console.log("listening " + node.address);
`;

const CLIENT = `
import { createNode } from "../runtime/index.js";

const [address, cert, key, ca] = process.argv.slice(2) as [string, string, string, string];
await using node = await createNode({ identity: { cert, key, ca } });
const controller = await node.peerAt(address);
const { text } = await controller.acme.greet({ name: "typed world" });
await controller.heartbeat({ cpu_percent: 1, ram_used_mb: 1, instance_count: 0, mood: "sunny" });
console.log(text);
`;

const TSCONFIG = {
  extends: "../tsconfig.json",
  compilerOptions: { rootDir: ".", outDir: "../dist/demo", types: ["node"] },
  include: ["*.ts"],
  references: [{ path: "../runtime" }],
};

async function copyOfTheProject(): Promise<string> {
  const copy = await temporaryFolder();
  const { stdout } = await run("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  const files = stdout.split("\n").filter((file) => file !== "" && !file.startsWith("test/"));
  for (const file of files) await cp(join(ROOT, file), join(copy, file));
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

async function editSchemas(copy: string): Promise<void> {
  const acme = join(copy, "schema/messages/acme");
  await mkdir(acme);
  await writeFile(join(acme, "greet.schema.json"), JSON.stringify(GREET));
  await writeFile(join(acme, "greeting.schema.json"), JSON.stringify(GREETING));
  const path = join(copy, "schema/messages/heartbeat.schema.json");
  const heartbeat = JSON.parse(await readFile(path, "utf8"));
  heartbeat.properties.mood = { type: "string", maxLength: 63, description: "How it feels." };
  await writeFile(path, JSON.stringify(heartbeat));
}

async function addDemo(copy: string): Promise<void> {
  const demo = join(copy, "demo");
  await mkdir(demo);
  await writeFile(join(demo, "server.ts"), SERVER);
  await writeFile(join(demo, "client.ts"), CLIENT);
  await writeFile(join(demo, "tsconfig.json"), JSON.stringify(TSCONFIG));
}

it("a new field and a new message need a schema and `make gen`, and travel typed", async () => {
  const copy = await copyOfTheProject();
  await editSchemas(copy);
  await addDemo(copy);
  // `-o`: the copy shares the installed packages, which make must not install again.
  await run("make", ["gen", "-o", "node_modules/.package-lock.json"], { ...TYPESCRIPT, cwd: copy });
  await run("npx", ["tsc", "-b", "demo"], { ...TYPESCRIPT, cwd: copy });

  const controller = await testCertificateFiles({ id: "controller-1", role: "controller" });
  const client = await testCertificateFiles({ id: "node-1" });
  const demo = join(copy, "dist/demo");
  const server = spawn(process.execPath, [
    join(demo, "server.js"),
    controller.cert,
    controller.key,
    controller.ca,
  ]);
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const address = String((await lines.next()).value).replace("listening ", "");
    const args = [join(demo, "client.js"), address, client.cert, client.key, client.ca];
    const { stdout } = await run(process.execPath, args, TYPESCRIPT);
    expect(stdout.trim()).toBe("hello, typed world");
    expect((await lines.next()).value).toBe("mood sunny");
  } finally {
    server.kill();
  }
}, 240_000);
