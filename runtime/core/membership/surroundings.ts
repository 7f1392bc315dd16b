import type { Life, News } from "./news.js";

/** What the detector has to know of the rest of the membership. Asking changes nothing. */
export interface Surroundings {
  /** Alive and suspected members, the own node included. */
  readonly livingCount: number;
  /**
   * How many could accuse `node`: the living members without it, the own node included. Suspected ones
   * count: a node that is cut off and suspects everybody must not become the only voter, and bury them all
   * on its own word.
   */
  voterCount(node: string): number;
  /** Members to ask for help with `node`: alive, understanding `gossip.probe`, chosen at random. */
  helpersFor(node: string, countMax: number): readonly string[];
  /** The life of a member that is known; `undefined` for a stranger. */
  lifeOf(node: string): Life | undefined;
  /** Where a member is dialled, as far as is known. */
  addressOf(node: string): string | undefined;
}

/** What the detector has found out. `accusers` are at most three, the earliest first. */
export type Verdict =
  /** The row of that life is to become SUSPECT. */
  | SubjectVerdict<"suspect">
  /** The row of that life is to become DEAD, and is not to be watched. It may still have to be told of. */
  | SubjectVerdict<"dead">
  /** The others are to be told what this node believes of that life; its own id is the first accuser. */
  | (SubjectVerdict<"tell"> & {
      readonly state: "suspect" | "dead";
      readonly pingsUnanswered: number;
    })
  /** The member lives: a row of that life that is SUSPECT is to become ALIVE again. */
  | (Omit<SubjectVerdict<"alive">, "accusers"> & {
      /** The helper that reached it; `undefined`: this node heard it itself. */
      readonly helper: string | undefined;
    })
  /** News that `holdBack` was given is to be applied now, as if this node had not heard of the member lately. */
  | { readonly kind: "unheld"; readonly news: News }
  /** So many are silent at once that it is probably this node that is cut off. Said once until it hears one. */
  | { readonly kind: "isolated"; readonly silentCount: number; readonly watchedCount: number };

interface SubjectVerdict<Kind> extends Life {
  readonly kind: Kind;
  readonly node: string;
  readonly accusers: string[];
}
