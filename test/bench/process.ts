import { spawn } from "node:child_process";
import { PACKAGE_ROOT } from "../../codegen/package-root.js";

/** How long a process of Node takes from its start to its end, in milliseconds. */
export async function processMs(...argv: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, argv, {
    cwd: PACKAGE_ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const durationMs = performance.now() - startedAt;
  if (status === 0) return durationMs;
  throw new Error(`node ${argv.join(" ")} ended with ${status}: ${Buffer.concat(errors)}`);
}
