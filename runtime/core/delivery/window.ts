/**
 * Messages of one channel that may be unacknowledged at once. It bounds what the sender keeps for another
 * attempt and what the receiver needs to tell a message from its copy.
 */
export const WINDOW_COUNT = 1024;
/** And their size on the wire, in bytes; the last one may go over it. */
export const WINDOW_SIZE = 8 * 1024 * 1024;
