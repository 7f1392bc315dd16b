import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issue } from "../../../runtime/security/authority.js";
import {
  type CertificatePaths,
  writeCertificate,
} from "../../../runtime/security/certificate-files.js";
import type { Authority } from "../../../runtime/security/credentials.js";

const CLUSTER = "bench";

/** The certificates of one run, in a folder that goes with them, at the latest with the process. */
export class Identities implements Disposable {
  readonly #folder: string;
  readonly #authority: Authority;

  private constructor(folder: string, authority: Authority) {
    this.#folder = folder;
    this.#authority = authority;
    process.once("exit", this.#remove);
  }

  /** Makes the CA of the run. */
  static async create(): Promise<Identities> {
    const authority = await createAuthority({ cluster: CLUSTER });
    return new Identities(await mkdtemp(join(tmpdir(), "rnp-bench-")), authority);
  }

  /** A folder for whatever else the run has to keep. */
  get folder(): string {
    return this.#folder;
  }

  /** Paths of a new certificate, its key and the CA. */
  async of(id: string, role: "node" | "controller" = "node"): Promise<CertificatePaths> {
    const credentials = await issue({ authority: this.#authority, id, role });
    return writeCertificate(this.#folder, credentials);
  }

  /** Those of `count` nodes. */
  async members(count: number): Promise<CertificatePaths[]> {
    const members: CertificatePaths[] = [];
    for (let index = 1; index <= count; index++) members.push(await this.of(`member-${index}`));
    return members;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }

  readonly #remove = () => rmSync(this.#folder, { recursive: true, force: true });
}
