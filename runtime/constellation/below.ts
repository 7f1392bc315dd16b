import { sep } from "node:path";

/** Whether `path` lies below the folder `root`; both absolute and without `..`. */
export function isBelow(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}
