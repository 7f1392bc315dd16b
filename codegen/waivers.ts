import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { judge } from "./check/meta.js";
import { assertNoProblems, type Problem } from "./problem.js";
import { isSchema } from "./schema.js";

/** The file in the schema folder that says what is known and kept. It may be missing. */
export const WAIVERS_FILE = "waivers.json";

/** Something that a rule objects to and somebody decided to keep. */
export interface Waiver {
  readonly rule: string;
  /** `messages/ping.schema.json`, or with `#` and a JSON Pointer for one place in it alone. */
  readonly at: string;
  readonly reason: string;
  /** The last day on which it counts, as `2027-01-31`; without it, it has no end. */
  readonly until?: string;
}

/** What can be waived. */
export interface Waivable extends Problem {
  readonly rule: string;
}

/** The commands that hear waivers, each with a list of its own. */
export type WaivedCommand = "lint" | "breaking";

/** The waivers for a command. Throws `SchemaProblems` where the file is not as its meta schema says. */
export async function loadWaivers(
  schemaFolder: string,
  command: WaivedCommand,
): Promise<readonly Waiver[]> {
  const text = await readFile(join(schemaFolder, WAIVERS_FILE), "utf8").catch(ignoreAbsence);
  if (text === undefined) return [];
  const value = parse(text);
  assertNoProblems(await judge("waivers.schema.json", WAIVERS_FILE, value));
  return (value as Partial<Record<WaivedCommand, readonly Waiver[]>>)[command] ?? [];
}

/**
 * What is left once waivers are heard: what none is for, what one was for until before `today`, and the
 * waivers that nothing needs, so that these do not outlive their reason.
 */
export function unwaived<Item extends Waivable>(
  items: readonly Item[],
  waivers: readonly Waiver[],
  command: WaivedCommand,
  today: string,
): { readonly left: readonly Item[]; readonly idle: readonly Problem[] } {
  const left = items.flatMap((item) => {
    const waiver = waivers.find((candidate) => isFor(candidate, item));
    if (waiver === undefined) return [item];
    const { until } = waiver;
    if (until === undefined || until >= today) return [];
    return [{ ...item, text: `${item.text} (its waiver ended on ${until})` }];
  });
  const idle = [...waivers.entries()].filter(
    ([, waiver]) => !items.some((item) => isFor(waiver, item)),
  );
  return { left, idle: idle.map(([index, waiver]) => asIdle(`/${command}/${index}`, waiver)) };
}

function isFor({ rule, at }: Waiver, item: Waivable): boolean {
  return rule === item.rule && (at === item.file || at === `${item.file}#${item.place}`);
}

function asIdle(place: string, { rule, at }: Waiver): Problem {
  const text = `waives ${rule} at ${at}, where there is nothing to waive: remove it`;
  return { file: WAIVERS_FILE, place, text };
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (isSchema(value)) return value;
  } catch (error) {
    assertNoProblems([{ file: WAIVERS_FILE, place: "", text: `is no JSON: ${String(error)}` }]);
  }
  assertNoProblems([
    { file: WAIVERS_FILE, place: "", text: "is not an object: begin the file with {" },
  ]);
  return undefined;
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
