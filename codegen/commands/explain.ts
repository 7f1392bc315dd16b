import { Command } from "commander";
import { CommandFault } from "../command-fault.js";
import { describeError } from "../describe/error.js";
import { describeMessage } from "../describe/message.js";
import { errorText, messageText } from "../describe/text.js";
import { type Read, readSchemas } from "../pipeline.js";
import { defaultSchemaFolder, schemasOf } from "../source/schema-source.js";
import { succeeds } from "./outcome.js";

interface ExplainFlags {
  readonly schema?: string;
  readonly json?: boolean;
}

/** `rnp-gen explain`: what a message type or an error code is. */
export function explainCommand(): Command {
  return new Command("explain")
    .description("say what a message type or an error code is")
    .argument("<name>", "a type such as mesh.query, or a code such as TIMEOUT or 5001")
    .option(
      "--schema <source>",
      "folder, bundle (.tgz) or git commit with the schemas; default: schema, or those of this package",
    )
    .option("--json", "one JSON object")
    .action(run);
}

async function run(name: string, flags: ExplainFlags): Promise<void> {
  process.exitCode = (await succeeds(() => explainOnce(name, flags))) ? 0 : 1;
}

async function explainOnce(name: string, { schema, json }: ExplainFlags): Promise<boolean> {
  const folder = defaultSchemaFolder();
  const read = await readSchemas(await schemasOf(schema ?? folder, folder));
  const [description, text] = described(name, read);
  console.log(json === true ? JSON.stringify(description) : text);
  return true;
}

function described(name: string, read: Read): readonly [object, string] {
  const { messages, errors } = read.model;
  const message = messages.find(({ type, names }) => type === name || names.type === name);
  if (message !== undefined) {
    const description = describeMessage(message, read);
    return [description, messageText(description)];
  }
  const code = name.toUpperCase().replaceAll("-", "_");
  const error = errors.find(
    (candidate) => candidate.code === code || String(candidate.number) === name,
  );
  if (error === undefined) throw new CommandFault(unknown(name, read));
  const description = describeError(error, read);
  return [description, errorText(description)];
}

function unknown(name: string, { model }: Read): string {
  const names = [
    ...model.messages.map(({ type }) => type),
    ...model.errors.map(({ code }) => code),
  ];
  const words = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2);
  const near = names.filter((candidate) =>
    words.some((word) => candidate.toLowerCase().includes(word)),
  );
  const hint = near.length > 0 ? `Like it: ${near.join(", ")}.` : `There are: ${names.join(", ")}.`;
  return `no message type or error code is called ${name}. ${hint}`;
}
