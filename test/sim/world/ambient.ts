import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

interface Trap {
  readonly owner: object;
  readonly name: string;
}

/** Everything by which time or chance could come in from outside. */
const TRAPS: readonly Trap[] = [
  { owner: Date, name: "now" },
  { owner: performance, name: "now" },
  { owner: Math, name: "random" },
  { owner: globalThis, name: "setTimeout" },
  { owner: globalThis, name: "setInterval" },
  { owner: globalThis, name: "setImmediate" },
  { owner: globalThis.crypto, name: "getRandomValues" },
  { owner: globalThis.crypto, name: "randomUUID" },
  { owner: crypto, name: "randomBytes" },
  { owner: crypto, name: "randomFillSync" },
  { owner: crypto, name: "randomInt" },
  { owner: crypto, name: "randomUUID" },
  { owner: process, name: "hrtime" },
];

/**
 * Runs `work` where whoever asks for the time of this machine, for one of its timers or for chance fails: in a
 * simulation all three come from the world. Nothing else may run meanwhile.
 */
export async function withoutAmbient<Result>(work: () => Promise<Result>): Promise<Result> {
  const restorers = TRAPS.map(set);
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    for (const restore of restorers) restore();
    syncBuiltinESMExports();
  }
}

function set({ owner, name }: Trap): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  const value = () => {
    throw new Error(`${name} is not of this world: take it from the host or the clock`);
  };
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}
