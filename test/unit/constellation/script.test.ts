import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { portFrom, refuseCodeLoading } from "../../../runtime/constellation/environment.js";
import { resolveScript } from "../../../runtime/constellation/script-path.js";
import { SCRIPT_RUNNERS, scriptCommand } from "../../../runtime/constellation/script-runner.js";
import { temporaryFolder } from "./support.js";

async function scripts() {
  const base = await temporaryFolder();
  const folder = join(base, "scripts");
  await mkdir(join(folder, "jobs"), { recursive: true });
  await mkdir(join(base, "scripts-of-others"));
  await writeFile(join(base, "secret.sh"), "");
  await writeFile(join(base, "scripts-of-others", "x.sh"), "");
  await writeFile(join(folder, "jobs", "clean.sh"), "");
  await symlink(join(base, "secret.sh"), join(folder, "leak.sh"));
  await symlink(base, join(folder, "up"));
  await symlink(join(folder, "jobs"), join(folder, "tasks"));
  await symlink(folder, join(base, "linked"));
  return { base, folder };
}

describe("the path of a script", () => {
  it("is found below the script folder", async () => {
    const { folder } = await scripts();
    expect(await resolveScript(folder, "jobs/clean.sh")).toBe(join(folder, "jobs", "clean.sh"));
    expect(await resolveScript(folder, "./jobs/../jobs/clean.sh")).toMatch(/jobs\/clean\.sh$/);
  });

  it("may pass a link that stays inside, and comes out without it", async () => {
    const { base, folder } = await scripts();
    const real = join(folder, "jobs", "clean.sh");
    expect(await resolveScript(folder, "tasks/clean.sh")).toBe(real);
    expect(await resolveScript(join(base, "linked"), "jobs/clean.sh")).toBe(real);
  });

  it.each([
    "../secret.sh",
    "jobs/../../secret.sh",
    "/etc/passwd",
    "leak.sh",
    "up/secret.sh",
    "../scripts-of-others/x.sh",
    ".",
    "jobs/clean.sh\0.txt",
  ])("is refused when it leads out: %j", async (script) => {
    const { folder } = await scripts();
    await expect(resolveScript(folder, script)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  it.each(["absent.sh", "jobs", "jobs/clean.sh/x"])("must be a file: %j", async (script) => {
    const { folder } = await scripts();
    await expect(resolveScript(folder, script)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the command of a script", () => {
  it("is this Node for JavaScript and a program from the path for the rest", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "rads"), "");
    await chmod(join(folder, "rads"), 0o755);
    expect(await scriptCommand("/s/a.mjs", SCRIPT_RUNNERS, "")).toEqual([
      process.execPath,
      "/s/a.mjs",
    ]);
    const path = ["/nowhere", "relative", "", folder].join(delimiter);
    expect(await scriptCommand("/s/a.rads", SCRIPT_RUNNERS, path)).toEqual([
      join(folder, "rads"),
      "/s/a.rads",
    ]);
  });

  it("passes the first arguments of a configured runner", async () => {
    const runners = { ".ts": [process.execPath, "--enable-source-maps"] } as const;
    expect(await scriptCommand("/s/a.ts", runners, "")).toEqual([
      process.execPath,
      "--enable-source-maps",
      "/s/a.ts",
    ]);
  });

  it("says which scripts the node does run", async () => {
    const refused = scriptCommand("/s/a.exe", SCRIPT_RUNNERS, "");
    await expect(refused).rejects.toThrow(/UNSUPPORTED.*"\.exe".*\.js \.mjs \.sh \.py \.rads/);
  });

  it("says which program is missing, also when a file of its name cannot be run", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "python3"), "", { mode: 0o644 });
    await mkdir(join(folder, "rads"));
    for (const [script, program] of Object.entries({ "a.py": "python3", "a.rads": "rads" })) {
      const refused = scriptCommand(script, SCRIPT_RUNNERS, folder);
      await expect(refused).rejects.toThrow(new RegExp(`UNSUPPORTED.*"${program}"`));
    }
  });
});

describe("the environment of an instance", () => {
  it("may name a port", () => {
    expect(portFrom({})).toBeUndefined();
    expect(portFrom({ PORT: "8080" })).toBe(8080);
    expect(portFrom({ PORT: "0" })).toBe(0);
  });

  it.each(["", "http", "65536", "-1", "80.5", "0x50"])("is refused with the port %j", (PORT) => {
    expect(() => portFrom({ PORT })).toThrow(/PROTOCOL_ERROR.*env\/PORT: expected 0 to 65535/);
  });

  it.each(["LD_PRELOAD", "NODE_OPTIONS", "PYTHONPATH", "BASH_ENV", "DYLD_INSERT_LIBRARIES"])(
    "is refused with %s, which would run code from elsewhere",
    (name) => {
      expect(() => refuseCodeLoading({ A: "1", [name]: "x" })).toThrow(
        new RegExp(`UNAUTHORIZED.*/env/${name}`),
      );
    },
  );

  it("may hold anything else", () => {
    refuseCodeLoading({ OLD_ENV: "1", PYTHONUNBUFFERED: "1", NODE_ENV: "production" });
  });
});
