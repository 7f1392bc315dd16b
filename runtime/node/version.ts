import { createRequire } from "node:module";

/** The version of this package: what a node announces unless told otherwise. */
export const PACKAGE_VERSION: string = createRequire(import.meta.url)(
  "@rads/rnp/package.json",
).version;
