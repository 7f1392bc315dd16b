/**
 * Tries each of `candidates` in turn, up to `atOnce` of them at once, until one attempt succeeds. Those that are under
 * way then come to their end unheeded.
 *
 * @throws what the last attempt threw, or what `isPreferred` prefers, where none succeeded; AggregateError where
 *   there are no candidates
 */
export async function anyOf<Candidate, Result>(
  candidates: readonly Candidate[],
  atOnce: number,
  attempt: (candidate: Candidate) => Promise<Result>,
  isPreferred: (thrown: unknown) => boolean,
): Promise<Result> {
  const waiting = [...candidates];
  let isDone = false;
  const tryRest = async (): Promise<Result> => {
    let failure: unknown = new AggregateError([], "there is nobody to try");
    for (let next = waiting.shift(); next !== undefined && !isDone; next = waiting.shift()) {
      try {
        const result = await attempt(next);
        isDone = true;
        return result;
      } catch (thrown) {
        if (failure instanceof AggregateError || !isPreferred(failure)) failure = thrown;
      }
    }
    throw failure;
  };
  try {
    return await Promise.any(Array.from({ length: atOnce }, tryRest));
  } catch (thrown) {
    const { errors } = thrown as AggregateError;
    const failures = errors.filter((error) => !(error instanceof AggregateError));
    throw failures.find(isPreferred) ?? failures[0] ?? errors[0];
  }
}
