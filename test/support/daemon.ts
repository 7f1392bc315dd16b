import { testCertificateFiles } from "./certificates.js";
import { type RnpOptions, type RnpProcess, startRnp } from "./cli.js";

/** A process that listens. */
export interface RunningDaemon {
  readonly rnp: RnpProcess;
  /** `HOST:PORT` where it listens. */
  readonly address: string;
}

/** Starts `rnp controller` as `id` and settles when it listens; at `address`, or at a port of the system's. */
export async function startController(
  id = "controller-1",
  address = "127.0.0.1:0",
  options: RnpOptions = {},
): Promise<RunningDaemon> {
  const { cert, key, ca } = await testCertificateFiles({ id, role: "controller" });
  const identity = ["--cert", cert, "--key", key, "--ca", ca];
  const rnp = startRnp(["controller", "--listen", address, ...identity], options);
  return { rnp, address: /127\.0\.0\.1:\d+/.exec(await rnp.firstLine())![0] };
}
