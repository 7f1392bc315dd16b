import { RnpError } from "../index.js";

/**
 * Refuses environment variables that make the runner load code from elsewhere. Without this, keeping
 * scripts inside the script folder would be worth nothing: `LD_PRELOAD=/tmp/x.so` runs beside any script.
 */
export function refuseCodeLoading(env: Readonly<Record<string, string>>): void {
  const name = Object.keys(env).find((each) => LOADS_CODE.test(each));
  if (name === undefined) return;
  throw new RnpError(
    "UNAUTHORIZED",
    `instance.create: /env/${name}: a variable that loads code is not allowed; put the code in the script`,
    { details: { rule: "policy", message_type: "instance.create" } },
  );
}

/** The port that `env.PORT` names, `undefined` without it. 0 means that the system chooses one. */
export function portFrom(env: Readonly<Record<string, string>>): number | undefined {
  const text = env.PORT;
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new RnpError(
    "PROTOCOL_ERROR",
    `instance.create: /env/PORT: expected 0 to 65535, got "${text}"`,
    {
      details: { pointer: "/env/PORT", expected: "0 to 65535", got: text.slice(0, 64) },
    },
  );
}

/** The dynamic linker, and the start-up hooks of the runners that nodes have by default. */
const LOADS_CODE =
  /^(LD_.*|DYLD_.*|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP)$/;
