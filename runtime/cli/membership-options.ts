import { type Command, Option } from "commander";
import { type DisseminationName, type NodeOptions, TIMINGS, type TimingName } from "../index.js";

/** How a node finds out who is silent, and how the others hear of it. */
export interface MembershipChoices {
  readonly liveness?: TimingName;
  readonly dissemination?: DisseminationName | "auto";
}

/** `byDefault`: what is meant where `--liveness` is not given. */
export function withMembership(command: Command, byDefault: string): Command {
  return command
    .addOption(
      new Option(
        "--liveness <preset>",
        `when silence is a suspicion, and when a death; default: ${byDefault}`,
      ).choices(Object.keys(TIMINGS)),
    )
    .addOption(
      new Option(
        "--dissemination <way>",
        "each member tells all (mesh) or a few (epidemic); default: auto, by their number",
      ).choices(["auto", "mesh", "epidemic"]),
    );
}

/** The same in the words of `createNode`. */
export function membershipOf({
  liveness,
  dissemination,
}: MembershipChoices): Pick<NodeOptions, "liveness" | "dissemination"> {
  return {
    ...(liveness === undefined ? {} : { liveness }),
    ...(dissemination === undefined ? {} : { dissemination }),
  };
}
