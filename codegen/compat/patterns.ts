import type * as refa from "refa";

/** Whether every text that `inner` matches is matched by `outer`. `false` also where nobody can tell. */
export type PatternJudge = (inner: string, outer: string) => boolean;

/**
 * Decides it by automata. Patterns that look ahead or behind, or that are not anchored as a whole, are not
 * decided; nor are those whose automaton grows too large.
 */
export function patternJudge(library: typeof refa): PatternJudge {
  return (inner, outer) => {
    if (inner === outer) return true;
    try {
      const [one, other] = [automaton(inner, library), automaton(outer, library)];
      if (one === undefined || other === undefined) return false;
      other.complement();
      return library.isDisjointWith(one, other);
    } catch {
      return false;
    }
  };
}

function automaton(pattern: string, { JS, NFA, DFA }: typeof refa): refa.DFA | undefined {
  const body = /^\^(.*)\$$/s.exec(pattern)?.[1];
  if (body === undefined) return undefined;
  const parser = JS.Parser.fromLiteral({ source: body, flags: "u" });
  const { expression, maxCharacter } = parser.parse({ assertions: "throw" });
  // In `^a|b$` each anchor belongs to one alternative only.
  if (expression.alternatives.length > 1) return undefined;
  return DFA.fromFA(NFA.fromRegex(expression, { maxCharacter }));
}
