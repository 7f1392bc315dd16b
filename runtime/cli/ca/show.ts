import { Command } from "commander";
import { type CertificateFacts, factsOf } from "../../security/certificate-facts.js";
import { readCertificates } from "../../security/certificate-files.js";
import { counted } from "../print.js";
import type { Print } from "./output.js";

interface ShowOptions {
  readonly json?: true;
}

export function showCommand(print: Print): Command {
  return new Command("show")
    .description("show who a certificate is for, how long it is valid and who issued it")
    .argument("<file>", "certificate in PEM; of several, each is shown")
    .option("--json", "print a line of JSON for each certificate")
    .action((file: string, options: ShowOptions) => show(file, options, print));
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
  if (validity === "valid") return `${counted(days_left, "day")} left`;
  return `expired ${counted(-days_left - 1, "day")} ago`;
}
