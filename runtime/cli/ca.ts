import { Command, InvalidArgumentError, Option } from "commander";
import { type CertificateFacts, factsOf } from "../security/certificate-facts.js";
import {
  type CertificatePaths,
  readAuthority,
  readCertificates,
  writeAuthority,
  writeCertificate,
} from "../security/certificate-files.js";
import type { Credentials } from "../security/credentials.js";
import { DAY_MS, DAYS_MAX, ISSUE_DAYS_DEFAULT } from "../security/days.js";
import { expiresAt, isName, isoTime, type PeerIdentity } from "../security/identity.js";

/*
 * `rnp ca`: makes the cluster's CA, issues certificates, shows what is in one. What people read ends with the
 * command that comes next; `--json` prints one value a line with the same facts.
 */

type Print = (line: string) => void;

/** The command `rnp ca`. Throws what goes wrong; the caller turns that into a line and an exit status. */
export function caCommand(print: Print = printLine): Command {
  const command = new Command("ca").description(
    "make the cluster's CA, issue and show certificates",
  );
  command
    .command("init")
    .description("make the CA of a new cluster: DIR/ca.crt and DIR/ca.key")
    .argument("<dir>", "folder to write to, made if it is not there")
    .requiredOption("--cluster <name>", "name of the cluster: a-z, 0-9 and -", nameArgument)
    .option("--json", "print one line of JSON")
    .action((directory: string, options: InitOptions) => init(directory, options, print));
  command
    .command("issue")
    .description("issue a certificate: NODE-ID.crt, NODE-ID.key and ca.crt")
    .argument("<dir>", "folder of the CA")
    .argument("<node-id>", "name of the node: a-z, 0-9 and -", nameArgument)
    .addOption(
      new Option("--role <role>", "what the node is")
        .choices(["node", "controller"])
        .default("node"),
    )
    .option(
      "--days <days>",
      "how long it is valid, at most until its CA expires",
      daysArgument,
      ISSUE_DAYS_DEFAULT,
    )
    .option("--out <dir>", "folder to write to (default: the folder of the CA)")
    .option("--json", "print one line of JSON")
    .action((directory: string, id: string, options: IssueOptions) =>
      issue(directory, id, options, print),
    );
  command
    .command("show")
    .description("show who a certificate is for, how long it is valid and who issued it")
    .argument("<file>", "certificate in PEM; of several, each is shown")
    .option("--json", "print a line of JSON for each certificate")
    .action((file: string, options: ShowOptions) => show(file, options, print));
  return command;
}

interface InitOptions {
  readonly cluster: string;
  readonly json?: true;
}

async function init(directory: string, options: InitOptions, print: Print): Promise<void> {
  // Loaded here: the X.509 library takes longer to load than the rest of `rnp` together.
  const { createAuthority } = await import("../security/authority.js");
  const authority = await createAuthority({ cluster: options.cluster });
  const { cert, key } = await writeAuthority(directory, authority);
  const [certificate] = await readCertificates(cert);
  const expires = isoTime(expiresAt(certificate));
  if (options.json) {
    print(JSON.stringify({ cluster: authority.cluster, cert, key, expires_at: expires }));
    return;
  }
  print(`Made the CA of cluster ${authority.cluster}, valid until ${expires}.\n`);
  print(`  for every node  ${cert}`);
  print(`  keep secret     ${key}`);
  print("\nWhoever has the key can be any node of the cluster. Issue certificates next:\n");
  print(`  rnp ca issue ${shellWord(directory)} controller-1 --role controller`);
  print(`  rnp ca issue ${shellWord(directory)} node-1`);
}

interface IssueOptions extends Pick<PeerIdentity, "role"> {
  readonly days: number;
  readonly out?: string;
  readonly json?: true;
}

async function issue(
  directory: string,
  id: string,
  { role, days, out = directory, json }: IssueOptions,
  print: Print,
): Promise<void> {
  const authority = await readAuthority(directory);
  const { issue: issueCertificate } = await import("../security/authority.js");
  const issued = await issueCertificate({ authority, id, role, days });
  const paths = await writeCertificate(out, issued);
  if (json) {
    print(JSON.stringify({ ...issued.identity, ...paths, expires_at: isoTime(issued.expiresAt) }));
  } else {
    printIssued(issued, paths, print);
  }
}

function printIssued(issued: Credentials, paths: CertificatePaths, print: Print): void {
  const { id, role, cluster } = issued.identity;
  const days = Math.round((issued.expiresAt - Date.now()) / DAY_MS);
  print(`Issued ${id}, a ${role} of cluster ${cluster},`);
  print(`valid until ${isoTime(issued.expiresAt)} (${counted(days)}).\n`);
  print(`  certificate  ${paths.cert}`);
  print(`  private key  ${paths.key}`);
  print(`  trusted CA   ${paths.ca}`);
  print("\nCopy the three to where the node runs, and start it:\n");
  const join = role === "node" ? " --join CONTROLLER:7946" : "";
  print(`  rnp ${role} --listen 0.0.0.0:7946${join} \\`);
  print(`    --cert ${shellWord(paths.cert)} \\`);
  print(`    --key ${shellWord(paths.key)} \\`);
  print(`    --ca ${shellWord(paths.ca)}`);
}

interface ShowOptions {
  readonly json?: true;
}

async function show(file: string, { json }: ShowOptions, print: Print): Promise<void> {
  const certificates = await readCertificates(file);
  for (const [index, certificate] of certificates.entries()) {
    const facts = factsOf(certificate, Date.now());
    if (json) {
      print(JSON.stringify(facts));
      continue;
    }
    if (index > 0) print("");
    printFacts(facts, print);
  }
}

function printFacts(facts: CertificateFacts, print: Print): void {
  printFact("identity", facts.identity ?? "none of RNP", print);
  printFact("role", facts.is_ca ? "CA" : (facts.role ?? "none"), print);
  printFact("cluster", facts.cluster ?? "none", print);
  printFact("valid from", facts.valid_from, print);
  printFact("valid until", `${facts.expires_at} (${inWords(facts)})`, print);
  printFact("serial", facts.serial, print);
  printFact("key", facts.key_type, print);
  // Two lines of 16 bytes, since one of 32 does not fit a terminal.
  printFact("SHA-256", facts.fingerprint_sha256.replace(/^(.{48})/, "$1 "), print);
  printFact("issuer", facts.issuer, print);
  if (facts.problem !== null) printFact("problem", facts.problem, print);
}

/** One fact, broken between words where it is too long for 80 columns. */
function printFact(label: string, text: string, print: Print): void {
  const lines = text.match(/\S.{0,66}(?=\s|$)|\S{1,67}/g) ?? [];
  for (const [index, line] of lines.entries()) {
    print(`${(index === 0 ? label : "").padEnd(13)}${line}`);
  }
}

function inWords({ validity, days_left }: CertificateFacts): string {
  if (validity === "not-yet") return "not valid yet";
  if (validity === "valid") return `${counted(days_left)} left`;
  return `expired ${counted(-days_left - 1)} ago`;
}

function counted(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

function nameArgument(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("Expected a name of a-z, 0-9 and -, 1 to 63 long.");
}

function daysArgument(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`Expected a whole number of days from 1 to ${DAYS_MAX}.`);
}

/** `path` as a shell takes it for one word, so that what is printed can be pasted. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
