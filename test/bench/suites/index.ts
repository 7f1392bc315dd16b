import type { Suite } from "../suite.js";
import { codec } from "./codec.js";

/** All suites, in the order in which they run. */
export const SUITES: readonly Suite[] = [codec];
