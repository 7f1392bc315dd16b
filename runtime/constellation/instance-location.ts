import { type InstanceLocation, type Member, RnpError } from "../index.js";

/** What `instance.locate` is answered with: the instance, its node, and where the member table has it. */
export function locationOf(
  { instance_id, node, state }: Pick<InstanceLocation, "instance_id" | "node" | "state">,
  members: readonly Member[],
): InstanceLocation {
  const address = members.find((member) => member.node === node)?.address;
  return {
    instance_id,
    node,
    ...(address === undefined ? {} : { address }),
    ...(state === undefined ? {} : { state }),
  };
}

/** The answer of whoever does not know the instance. */
export function noInstance(id: string): RnpError {
  return new RnpError("NOT_FOUND", `no instance ${id} is known here`, {
    details: { kind: "instance", id },
  });
}
