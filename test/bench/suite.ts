/** Something that is measured, under a name that the command line takes. */
export interface Suite {
  readonly name: string;
  /** What it measures, in a few words. */
  readonly description: string;
  run(): Promise<Report>;
}

/** What a suite found. */
export interface Report {
  /** For machines: what `--json` prints. */
  readonly result: object;
  /** For people. */
  readonly text: string;
}
