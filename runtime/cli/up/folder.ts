import { rmSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificatePaths, writeCertificate } from "../../security/certificate-files.js";
import { SCRIPT, SCRIPT_NAME } from "./web-script.js";

/** Where everything that `rnp up` writes lies: a temporary folder that goes when it ends. */
export class Folder {
  readonly path: string;
  readonly #removeAtExit = (): void => rmSync(this.path, REMOVE);

  private constructor(path: string) {
    this.path = path;
    // For an end in haste, with a second Ctrl-C.
    process.once("exit", this.#removeAtExit);
  }

  static async create(): Promise<Folder> {
    // The real path: on some systems the temporary folder is behind a link.
    const folder = new Folder(await mkdtemp(join(await realpath(tmpdir()), "rnp-up-")));
    await mkdir(folder.scriptDir);
    await writeFile(join(folder.scriptDir, SCRIPT_NAME), SCRIPT);
    return folder;
  }

  get scriptDir(): string {
    return join(this.path, "scripts");
  }

  /** Where a member keeps what it is given. */
  dataDir(node: string): string {
    return join(this.path, "data", node);
  }

  /** Makes the cluster's CA, which is never written to disk, and a certificate for each member. */
  async issueAll(
    cluster: string,
    members: readonly { readonly id: string; readonly role: "controller" | "node" }[],
  ): Promise<Map<string, CertificatePaths>> {
    // Loaded here: the X.509 library takes longer to load than the rest of `rnp` together.
    const { createAuthority, issue } = await import("../../security/authority.js");
    const authority = await createAuthority({ cluster, days: DAYS });
    const paths = new Map<string, CertificatePaths>();
    for (const { id, role } of members) {
      const certificate = await issue({ authority, id, role, days: DAYS });
      paths.set(id, await writeCertificate(join(this.path, "certificates"), certificate));
    }
    return paths;
  }

  async remove(): Promise<void> {
    await rm(this.path, REMOVE);
    process.off("exit", this.#removeAtExit);
  }
}

/** Long enough for a view that somebody forgets to close. */
const DAYS = 30;
const REMOVE = { recursive: true, force: true, maxRetries: 3 };
