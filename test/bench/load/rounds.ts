/** Rounds that are measured, after some that are not. */
export interface RoundOptions {
  readonly roundCount: number;
  readonly warmUpCount: number;
}

/**
 * Takes each measure once in every round, another one first each time, so that whatever else the machine
 * does meets all alike. Gives each measure's values by round.
 */
export async function interleave<Name extends string, Value>(
  measures: Readonly<Record<Name, () => Promise<Value>>>,
  { roundCount, warmUpCount }: RoundOptions,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(measures) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]]));
  for (let round = 0; round < warmUpCount + roundCount; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const value = await measures[name]();
      if (round >= warmUpCount) values[name]?.push(value);
    }
  }
  return values as Record<Name, Value[]>;
}
