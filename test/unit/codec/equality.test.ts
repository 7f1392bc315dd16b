import { join } from "node:path";
import { link } from "../../../codegen/link.js";
import { load } from "../../../codegen/load.js";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import { MESSAGES } from "../../../generated/dispatch.js";
import { MESSAGES as GOLDEN_MESSAGES } from "../../golden/everything/generated/index.js";
import { links } from "../schema/sources.js";
import { describeEquality } from "./describe-equality.js";

/*
 * What the generated code takes, the reference path takes as well, and with an equal value: for every message
 * of the project, and for the schema that has every kind of field.
 */

const golden = link(await load(join(PACKAGE_ROOT, "test/golden/everything/schema")));

describeEquality(MESSAGES, links);
describeEquality(GOLDEN_MESSAGES, golden.links);
