import type { AdmissionLimits } from "../net/admission.js";

/** What one node, or one stranger, can cost another at most. Each has a default that is safe. */
export interface NodeLimits extends AdmissionLimits {}

const LIMITS: NodeLimits = {
  unprovenMax: 512,
  unprovenPerAddressMax: 128,
  handshakesPerSecond: 100,
  handshakeBurst: 200,
};

/** @throws RangeError where a limit is not a number above 0 */
export function limitsOf(limits: Partial<NodeLimits> = {}): NodeLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value === "number" && value > 0) continue;
    throw new RangeError(`limits.${name}: expected a number above 0, got ${value}`);
  }
  return { ...LIMITS, ...limits };
}
