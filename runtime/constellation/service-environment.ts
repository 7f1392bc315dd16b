import type { InstanceCreate, InstanceStarted, MeshRegister } from "../index.js";

/**
 * The service that an instance offers, as its environment says: `SERVICE_NAME`, and if wanted
 * `SERVICE_VERSION`, `SERVICE_PROTOCOL` (default `http` with a health check, else `tcp`),
 * `SERVICE_HEALTH_CHECK` and `SERVICE_TAGS` (separated by commas). The port is the one it listens on.
 *
 * `undefined` for an instance that offers none, or that does not listen.
 */
export function serviceOf(
  { instance_id, env = {} }: InstanceCreate,
  { listening_on }: InstanceStarted,
): MeshRegister | undefined {
  const { SERVICE_NAME, SERVICE_VERSION, SERVICE_PROTOCOL, SERVICE_HEALTH_CHECK } = env;
  if (SERVICE_NAME === undefined || listening_on === undefined) return undefined;
  const tags = tagsIn(env.SERVICE_TAGS);
  return {
    service_name: SERVICE_NAME,
    ...(SERVICE_VERSION === undefined ? {} : { version: SERVICE_VERSION }),
    instance_id,
    protocol: SERVICE_PROTOCOL ?? (SERVICE_HEALTH_CHECK === undefined ? "tcp" : "http"),
    port: Number(/\d+$/.exec(listening_on)?.[0]),
    ...(SERVICE_HEALTH_CHECK === undefined ? {} : { health_check: SERVICE_HEALTH_CHECK }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

function tagsIn(text = ""): string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
