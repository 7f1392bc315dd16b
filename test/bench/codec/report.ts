import { geometricMean, median, rounded } from "../statistics.js";
import { table } from "../table.js";
import { type Field, OPERATIONS, type Operation, ratioOf, type Speeds } from "./rounds.js";

const OURS = "ours";

/** One message: how fast and how large everyone is at it. */
export interface Row {
  readonly message: string;
  /** Operations a second. */
  readonly ops: Readonly<Record<string, Partial<Record<Operation, number>>>>;
  /** How many times as fast as each other we are, as `encode_vs_NAME` and `decode_vs_NAME`. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Size of the message without a frame. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** Ratios over all messages, as `encode_vs_NAME` and `decode_vs_NAME`; over 1 means that ours is faster. */
export type Ratios = Readonly<Record<string, number>>;

/** What `measure` found at one message. */
export function rowOf({ message, codecs, speeds }: Field): Row {
  const names = [...codecs.keys()];
  return {
    message: message.type,
    ops: Object.fromEntries(names.map((name) => [name, opsOf(speeds, name)])),
    ratios: Object.fromEntries(ratiosOf(speeds)),
    bytes: Object.fromEntries([...codecs].map(([name, { bytes }]) => [name, bytes.length])),
  };
}

/** The geometric means of all rows. */
export function meansOf(rows: readonly Row[]): Ratios {
  const names = Object.keys(rows[0]?.ratios ?? {});
  return Object.fromEntries(
    names.map((name) => {
      return [name, rounded(geometricMean(rows.map(({ ratios }) => ratios[name] ?? Number.NaN)))];
    }),
  );
}

/** The means as a table with one line for each of the others, then the ratios of each message. */
export function reportText(means: Ratios, rows: readonly Row[]): string {
  const others = Object.keys(rows[0]?.bytes ?? {}).filter((name) => name !== OURS);
  const cell = (ratios: Ratios, name: string) => ratios[name]?.toFixed(2) ?? "";
  const summary = others.map((other) => [
    other,
    ...OPERATIONS.map((operation) => cell(means, `${operation}_vs_${other}`)),
  ]);
  const tables = OPERATIONS.map((operation) => {
    const named = others.filter((other) => means[`${operation}_vs_${other}`] !== undefined);
    const lines = rows.map(({ message, ops, ratios }) => [
      message,
      String(Math.round((ops[OURS]?.[operation] ?? Number.NaN) / 1000)),
      ...named.map((other) => cell(ratios, `${operation}_vs_${other}`)),
    ]);
    return table([operation, "kops/s", ...named], lines);
  });
  const sizes = rows.map(({ message, bytes }) => [message, ...Object.values(bytes).map(String)]);
  return [
    "times as fast as the others (geometric mean)",
    table(["", ...OPERATIONS], summary),
    ...tables,
    table(["bytes", OURS, ...others], sizes),
  ].join("\n\n");
}

function opsOf(speeds: readonly Speeds[], name: string): Row["ops"][string] {
  const own = speeds.filter(({ contender }) => contender === name);
  return Object.fromEntries(
    own.map(({ operation, speeds: values }) => [operation, Math.round(median(values))]),
  );
}

function ratiosOf(speeds: readonly Speeds[]): readonly (readonly [string, number])[] {
  return speeds.flatMap((theirs) => {
    if (theirs.contender === OURS) return [];
    const own = speeds.find(
      (each) => each.contender === OURS && each.operation === theirs.operation,
    );
    if (own === undefined) return [];
    const name = `${theirs.operation}_vs_${theirs.contender}`;
    return [[name, rounded(ratioOf(own, theirs))] as const];
  });
}
