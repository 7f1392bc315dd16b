/** One thing in the schemas that has to change before code can be generated. */
export interface Problem {
  /** Path of the file below the schema folder. */
  readonly file: string;
  /** Where in the file: a JSON Pointer, or `:` and a line where it is no JSON. */
  readonly place: string;
  /** What is wrong, and what to do. */
  readonly text: string;
}

/** All problems of one run. The message has a line for each, so that none waits for the next run. */
export class SchemaProblems extends Error {
  override readonly name = "SchemaProblems";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join("\n"));
    this.problems = problems;
  }
}

/** Throws `SchemaProblems` unless there are none. */
export function assertNoProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new SchemaProblems(problems);
}

/** `messages/ping.schema.json#/properties/at: what is wrong, and what to do`. */
export function problemText({ file, place, text }: Problem): string {
  return place.startsWith(":") ? `${file}${place}: ${text}` : `${file}#${place}: ${text}`;
}
