import { dirname } from "node:path";
import { Command } from "commander";
import { bundleOf } from "../../security/bundle.js";
import { readCertificates } from "../../security/certificate-files.js";
import { expiresAt, isoTime } from "../../security/identity.js";
import { CERT_MODE, writeFiles } from "../../security/write-files.js";
import { counted } from "../print.js";
import { withForce, withJson } from "./options.js";
import { type Print, shellWord } from "./output.js";

interface BundleOptions {
  readonly force?: true;
  readonly json?: true;
}

export function bundleCommand(print: Print): Command {
  const command = new Command("bundle")
    .description("put several CAs of one cluster into one file, while one replaces another")
    .argument("<out>", "file to write, for the option --ca of every node")
    .argument("<files...>", "certificates of CAs in PEM, the one that signs from now on first");
  return withJson(withForce(command)).action(
    (out: string, files: string[], options: BundleOptions) => bundle(out, files, options, print),
  );
}

async function bundle(
  out: string,
  files: readonly string[],
  { force, json }: BundleOptions,
  print: Print,
): Promise<void> {
  const read = await Promise.all(
    files.map(async (name) => ({ name, certificates: await readCertificates(name) })),
  );
  const { cluster, authorities } = bundleOf(read, Date.now());
  const text = authorities.map((authority) => authority.toString()).join("");
  await writeFiles(dirname(out), [{ path: out, text, mode: CERT_MODE }], { force });
  const facts = authorities.map((authority) => ({
    serial: authority.serialNumber,
    expires_at: isoTime(expiresAt(authority)),
  }));
  if (json) return print(JSON.stringify({ cluster, ca: out, authorities: facts }));
  print(`Wrote ${counted(facts.length, "CA")} of cluster ${cluster}:\n`);
  for (const { serial, expires_at } of facts) print(`  ${serial}, valid until ${expires_at}`);
  print("\nThe order in which a CA is replaced, each step on every node before the next:\n");
  print(`  1. give the node this file as its CA: --ca ${shellWord(out)}`);
  print("  2. renew its certificate with the new CA: rnp ca renew");
  print("  3. give it a file with the new CA alone");
}
