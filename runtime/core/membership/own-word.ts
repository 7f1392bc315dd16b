import type { Command } from "./contract.js";
import type { OwnWord } from "./dissemination.js";

/**
 * The command that tells one peer. Who knows only the specification gets only its fields.
 *
 * @returns `undefined`: the peer has no word for it. Without `state` a suspicion would read as a death.
 */
export function commandOf(word: OwnWord, to: string, speaks: boolean): Command | undefined {
  if (speaks) return spoken(word, to);
  switch (word.kind) {
    case "announce": {
      const { epoch: _, incarnation: _i, next_ms: _n, facts_hash: _f, ...data } = word.data;
      return { kind: "announce", to, data };
    }
    case "leave": {
      const { epoch: _, incarnation: _i, ...data } = word.data;
      return { kind: "leave", to, data };
    }
    case "suspect": {
      const { epoch: _, incarnation: _i, state, accusers: _a, ...data } = word.data;
      return state === "suspect" ? undefined : { kind: "suspect", to, data };
    }
  }
}

function spoken(word: OwnWord, to: string): Command {
  switch (word.kind) {
    case "announce":
      return { kind: "announce", to, data: word.data };
    case "leave":
      return { kind: "leave", to, data: word.data };
    case "suspect":
      return { kind: "suspect", to, data: word.data };
  }
}
