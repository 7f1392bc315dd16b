import { workFor } from "../../sim/crew.js";
import { carryOut, type Job } from "./jobs.js";

/* Measures one thing after the other. */

workFor(async (job: Job) => carryOut(job));
