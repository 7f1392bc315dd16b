import { type Command, InvalidArgumentError, Option } from "commander";
import { LOG_LEVELS, type LogLevel } from "./daemon-log.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { type MembershipChoices, withMembership } from "./membership-options.js";

/** What `rnp node` and `rnp controller` have in common. */
export interface DaemonOptions extends IdentityOptions, MembershipChoices {
  readonly listen: string;
  readonly join?: readonly string[];
  readonly advertise?: string;
  readonly data?: string;
  readonly allow?: string;
  readonly revoked?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly json?: true;
}

/** Adds the options that every daemon has; one that serves a controller has to know where it is. */
export function withDaemonOptions(
  command: Command,
  { isJoinMandatory }: { readonly isJoinMandatory: boolean },
): Command {
  const join = new Option("--join <host:port>", "any member, or a name of several; repeatable")
    .argParser(addresses)
    .makeOptionMandatory(isJoinMandatory);
  return withMembership(withIdentity(command), "specification")
    .requiredOption("--listen <host:port>", "where to listen; port 0: any that is free", address)
    .addOption(join)
    .option("--advertise <host:port>", "what others dial, where it is not --listen", address)
    .option(
      "--allow <file>",
      "speak only with these nodes, one id on each line; read when it changes",
    )
    .option("--revoked <file>", "the CA's revocation list, ca.crl; read again when it changes")
    .option("--meta <key=value>", "a fact for placement, such as region=us-east; repeatable", facts)
    .addOption(
      new Option("--log-level <level>", "what to log on standard error")
        .choices(LOG_LEVELS)
        .default("info"),
    )
    .option("--json", "print a line of JSON for each change of the cluster");
}

function address(text: string): string {
  const port = Number(/^(?:\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text)?.[1]);
  if (port <= 65_535) return text;
  throw new InvalidArgumentError("expected HOST:PORT, such as 127.0.0.1:7946.");
}

function addresses(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, address(text)];
}

function facts(text: string, before: Readonly<Record<string, string>> = {}) {
  const [, key, value] = /^([A-Za-z0-9._-]+)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { ...before, [key]: value };
  throw new InvalidArgumentError("expected key=value, such as region=us-east.");
}
