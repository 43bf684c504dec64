// What a connection holds of the count of its client: a number above 0, or one of these.

/** The connection is not counted: it has no address, or there is no place to count it. */
export const UNCOUNTED = 0;
/** The client has as many connections as it may have, or the server has. */
export const REFUSED = -1;
