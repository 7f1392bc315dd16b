import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command } from "commander";
import { RnpError } from "../core/error.js";
import {
  newSecret,
  type RotationStep,
  rotated,
  secretsIn,
  textOf,
} from "../security/secret-list.js";
import { KEY_MODE, writeFiles } from "../security/write-files.js";
import { LiveSecret } from "../wire/live-secret.js";
import { print, printJson } from "./print.js";

interface SecretOptions {
  readonly json?: true;
}

/** The command `rnp secret`: the file with which nodes authenticate messages. It never prints what is in it. */
export function secretCommand(): Command {
  const command = new Command("secret").description(
    "make and replace the secret that messages are authenticated with",
  );
  const json = ["--json", "print one line of JSON"] as const;
  command
    .command("new")
    .description("make a file with one secret")
    .argument("<file>", "file to write, for the option --secrets of every node")
    .option("--force", "write over a file that is there")
    .option(...json)
    .action(make);
  command
    .command("rotate")
    .description("take the next of the three steps that replace the secret of a running cluster")
    .argument("<file>", "the file that `rnp secret new` made")
    .option(...json)
    .action(rotate);
  return command;
}

async function make(
  path: string,
  { force, json }: SecretOptions & { force?: true },
): Promise<void> {
  const secret = newSecret();
  await writeFiles(dirname(path), [secretFile(path, textOf([{ secret, note: "" }]))], { force });
  if (json) return printJson({ secrets: path, live: [new LiveSecret(secret).id] });
  print(`Made a secret.\n\n  keep secret  ${path}\n`);
  print("Copy the file to every node, and start them with --secrets FILE.");
}

async function rotate(path: string, { json }: SecretOptions): Promise<void> {
  const { text, step } = rotated({ name: path, text: await read(path) });
  await writeFiles(dirname(path), [secretFile(path, text)], { force: true });
  const live = secretsIn({ name: path, text }).map((secret) => new LiveSecret(secret).id);
  if (json) return printJson({ secrets: path, step, live });
  print(DONE[step]);
}

const DONE: Readonly<Record<RotationStep, string>> = {
  added:
    "Step 1 of 3: added a new secret, which is verified but not yet signed with.\n" +
    "Copy the file to every node, wait a second, and run this again.",
  promoted:
    "Step 2 of 3: the new secret signs from now on; the old one is still verified.\n" +
    "Copy the file to every node, wait a second, and run this again.",
  retired:
    "Step 3 of 3: the old secret is gone. Copy the file to every node; connections\n" +
    "that rest on the old one are replaced by others, and nothing is lost.",
};

function secretFile(path: string, text: string) {
  return { path, text, mode: KEY_MODE };
}

async function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const text = `${path}: cannot be read (${cause.code}); make one with \`rnp secret new\``;
    throw new RnpError("NOT_FOUND", text, { details: { kind: "file", id: path } });
  });
}
