import { describe, expect, it } from "vitest";
import { testCertificateFiles } from "../support/certificates.js";
import { jsonLines, runRnp } from "../support/cli.js";
import { PYTHON, PYTHON_FOLDER, startPython, withoutPython } from "../support/python-peer.js";

const LIMIT_MS = 300_000;

async function driver(id: string) {
  const { cert, key, ca } = await testCertificateFiles({ id, role: "node" });
  return { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca };
}

function faults(stdout: string) {
  return jsonLines(stdout).filter(({ verdict }) => verdict === "failed");
}

describe.skipIf(withoutPython)(`the published cases ${withoutPython ?? ""}`, () => {
  it.each(["node", "controller"] as const)(
    "find no fault in a %s in Python",
    async (role) => {
      const python = await startPython("python-1", { role });
      const options = { env: await driver("driver") };
      const { status, stdout } = await runRnp(["conformance", python.address, "--json"], options);
      expect(faults(stdout)).toEqual([]);
      expect(jsonLines(stdout).length).toBeGreaterThan(500);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    "find no fault in clients in Python",
    async () => {
      const { cert, key, ca } = await testCertificateFiles({ id: "python-1" });
      const own = { PEER_CERT: cert, PEER_KEY: key, PEER_CA: ca, PYTHONPATH: PYTHON_FOLDER };
      const env = { ...(await driver("driver")), ...own, PYTHONDONTWRITEBYTECODE: "1" };
      const command = `${PYTHON} -m rnp_peer ask`;
      const { status, stdout } = await runRnp(["conformance", "--client", command, "--json"], {
        env,
      });
      expect(faults(stdout)).toEqual([]);
      expect(jsonLines(stdout).length).toBeGreaterThan(100);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );
});
