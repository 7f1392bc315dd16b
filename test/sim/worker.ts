import { liveChunk } from "./chunk.js";
import { workFor } from "./crew.js";

/* Lives through some of the worlds of `main.ts`. */

// Messages are refused by the thousand, and nobody reads where in the code that was.
Error.stackTraceLimit = 0;
workFor(liveChunk);
