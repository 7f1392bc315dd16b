/** Ten years: replacing a CA means touching every node, so it does not go with the rhythm of the nodes. */
export const AUTHORITY_DAYS_DEFAULT = 3650;

/** What the specification gives a node's certificate. */
export const ISSUE_DAYS_DEFAULT = 365;

/** A century; beyond it the dates leave what X.509 tools agree on. */
export const DAYS_MAX = 36_500;

export const DAY_MS = 86_400_000;
