import type { Suite } from "../suite.js";
import { bulk } from "./bulk.js";
import { codec } from "./codec.js";
import { connections } from "./connections.js";
import { delivery } from "./delivery.js";
import { gen } from "./gen.js";
import { latency } from "./latency.js";
import { membership } from "./membership.js";
import { overhead } from "./overhead.js";
import { security } from "./security.js";
import { startup } from "./startup.js";
import { throughput } from "./throughput.js";

/** All suites, in the order in which they run. */
export const SUITES: readonly Suite[] = [
  codec,
  gen,
  startup,
  latency,
  throughput,
  delivery,
  membership,
  bulk,
  connections,
  overhead,
  security,
];
