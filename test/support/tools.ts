import { spawnSync } from "node:child_process";

/** Whether a program is installed; tests that need one which is not are skipped. */
export function hasTool(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/** What `openssl` says, on either of its outputs, and its exit status. */
export function openssl(
  words: readonly string[],
  input = "",
): { text: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync("openssl", words, { input, encoding: "utf8" });
  return { text: `${stdout}${stderr}`, status };
}
