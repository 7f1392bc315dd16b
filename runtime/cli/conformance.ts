import { Command, InvalidArgumentError } from "commander";
import { clientProcesses } from "../conformance/client-process.js";
import { driveClient } from "../conformance/drive-client.js";
import { type DriveOptions, driveServer } from "../conformance/drive-server.js";
import { readCases } from "../conformance/read-tables.js";
import type { GroupedCase } from "../conformance/table.js";
import type { Verdict } from "../conformance/verdict.js";
import { RnpError } from "../index.js";
import { parseAddress } from "../net/address.js";
import { loadIdentity } from "../security/certificate-files.js";
import { Report } from "./conformance/report.js";
import { type CertificateOptions, withCertificate } from "./identity-options.js";
import { print, printJson } from "./print.js";

interface ConformanceOptions extends CertificateOptions {
  readonly client?: string;
  readonly only?: RegExp;
  readonly json?: true;
}

/** The command `rnp conformance`: whether a peer does as the specification says. */
export function conformanceCommand(): Command {
  return withCertificate(new Command("conformance"))
    .description("drive a peer for tests through the published cases, and tell how it does")
    .argument("[host:port]", "where the peer listens")
    .option("--client <command>", "drive clients instead: started as COMMAND HOST:PORT ASKS")
    .option("--only <pattern>", "cases whose kind/group/id matches it", patternArgument)
    .option("--json", "print a line of JSON for each case")
    .action((address: string | undefined, options: ConformanceOptions, command: Command) => {
      const { client } = options;
      if ((address === undefined) === (client === undefined)) {
        command.error("error: give either HOST:PORT of a server or --client COMMAND");
      }
      return client === undefined
        ? conform("server", options, (cases, drive) =>
            driveServer(parseAddress(address!), cases, drive),
          )
        : conform("client", options, (cases, drive) =>
            driveClient(cases, drive, clientProcesses(client)),
          );
    });
}

type Drive = (cases: readonly GroupedCase[], options: DriveOptions) => Promise<void>;

async function conform(
  side: "server" | "client",
  options: ConformanceOptions,
  drive: Drive,
): Promise<void> {
  const credentials = await loadIdentity(options);
  const cases = chosen(await readCases(side), options.only);
  const report = new Report(cases, process.stdout.columns ?? CLASSIC_COLUMNS);
  const onVerdict = (verdict: Verdict) => {
    const lines = report.take(verdict);
    if (options.json) printJson(verdict);
    else for (const line of lines) print(line);
  };
  await drive(cases, { credentials, onVerdict });
  if (!options.json) for (const line of report.summary()) print(line);
  if (report.hasFailures) process.exitCode = 1;
}

function chosen(cases: readonly GroupedCase[], only: RegExp | undefined): GroupedCase[] {
  const meant = cases.filter(({ kind, group, id }) => only?.test(`${kind}/${group}/${id}`) ?? true);
  if (meant.length > 0) return meant;
  throw new RnpError(
    "NOT_FOUND",
    `no case matches ${only}; without --only there are ${cases.length}`,
  );
}

function patternArgument(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (thrown) {
    throw new InvalidArgumentError(`expected a regular expression: ${(thrown as Error).message}`);
  }
}

/** Of a terminal that does not tell. */
const CLASSIC_COLUMNS = 80;
