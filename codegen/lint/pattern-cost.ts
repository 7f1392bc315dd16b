import type { AST } from "@eslint-community/regexpp";
import type { PatternPeers } from "../peers.js";

/** Why matching may take long, worst first. */
export type Cost = "exponential" | "ambiguous" | "polynomial";

/** From so many on, a counted repetition is as bad as an endless one. */
const MANY = 5;

/** What the worst text costs that a peer could choose, or `undefined` where it costs no more than its length. */
export function costOf(pattern: string, peers: PatternPeers): Cost | undefined {
  const quantifiers = quantifiersOf(pattern, peers);
  const { reports } = peers.scslre.analyse({ source: endless(pattern, quantifiers), flags: "u" });
  if (reports.some(({ exponential }) => exponential)) return "exponential";
  if (quantifiers.some((quantifier) => isAmbiguous(quantifier, peers))) return "ambiguous";
  // `Move` is about patterns without ^, which another rule is about.
  return reports.some(({ type }) => type !== "Move") ? "polynomial" : undefined;
}

function quantifiersOf(pattern: string, { regexpp }: PatternPeers): readonly AST.Quantifier[] {
  const found: AST.Quantifier[] = [];
  const ast = new regexpp.RegExpParser().parsePattern(pattern, 0, pattern.length, {
    unicode: true,
  });
  regexpp.visitRegExpAST(ast, { onQuantifierEnter: (node) => void found.push(node) });
  return found.filter(({ max }) => max >= MANY);
}

/** The pattern with `{0,63}` as `{0,}`: the analysis only looks at repetitions without an end. */
function endless(pattern: string, quantifiers: readonly AST.Quantifier[]): string {
  const counted = quantifiers.filter(
    ({ min, max }) => max !== Number.POSITIVE_INFINITY && min !== max,
  );
  const fromTheEnd = [...counted].sort((first, second) => second.end - first.end);
  return fromTheEnd.reduce((text, { element, end, min, greedy }) => {
    const count = `{${Math.min(min, 1)},}${greedy ? "" : "?"}`;
    return text.slice(0, element.end) + count + text.slice(end);
  }, pattern);
}

/** Whether two alternatives of what is repeated can begin with the same character. */
function isAmbiguous(
  { element }: AST.Quantifier,
  { regexpAnalysis, regexpp }: PatternPeers,
): boolean {
  if (element.type !== "Group" && element.type !== "CapturingGroup") return false;
  const flags = new regexpp.RegExpParser().parseFlags("u");
  const first = element.alternatives.map((alternative) => {
    return regexpAnalysis.getFirstConsumedChar(alternative, "ltr", flags).char;
  });
  return first.some((set, index) =>
    first.slice(index + 1).some((other) => !set.isDisjointWith(other)),
  );
}
