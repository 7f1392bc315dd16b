import type { CertificatePaths } from "../../security/certificate-files.js";
import type { Credentials } from "../../security/credentials.js";
import { DAY_MS } from "../../security/days.js";
import { isoTime } from "../../security/identity.js";
import { counted } from "../print.js";
import { type Print, shellWord } from "./output.js";

/** A certificate that was made and written, and how to speak of it. */
export interface Issued {
  readonly verb: "Issued" | "Renewed";
  readonly issued: Credentials;
  readonly paths: CertificatePaths;
  readonly json?: true | undefined;
}

/** Tells where the three files of a node are, and how it starts with them. */
export function tellIssued({ verb, issued, paths, json }: Issued, print: Print): void {
  const expires = isoTime(issued.expiresAt);
  if (json) return print(JSON.stringify({ ...issued.identity, ...paths, expires_at: expires }));
  const { id, role, cluster } = issued.identity;
  const days = Math.round((issued.expiresAt - Date.now()) / DAY_MS);
  print(`${verb} ${id}, a ${role} of cluster ${cluster},`);
  print(`valid until ${expires} (${counted(days, "day")}).\n`);
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
