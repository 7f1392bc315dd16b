import { type Command, InvalidArgumentError, Option } from "commander";
import { DAYS_MAX } from "../../security/days.js";
import { isName } from "../../security/identity.js";
import { KEY_TYPES } from "../../security/keys.js";

/** Says where the passphrase of the CA's key is; it is never an argument, which every user of a machine can see. */
export function withPassphrase(command: Command): Command {
  return command.option(
    "--passphrase-file <file>",
    "passphrase of the CA's key; without it from RNP_CA_PASSPHRASE, if that is set",
  );
}

export function withForce(command: Command): Command {
  return command.option("--force", "write over files that are there");
}

export function withJson(command: Command): Command {
  return command.option("--json", "print one line of JSON");
}

/** The option `--key-type`; without a default where that depends on something else. */
export function keyTypeOption(description: string): Option {
  return new Option("--key-type <type>", description).choices(KEY_TYPES);
}

export function nameArgument(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("Expected a name of a-z, 0-9 and -, 1 to 63 long.");
}

export function daysArgument(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`Expected a whole number of days from 1 to ${DAYS_MAX}.`);
}
