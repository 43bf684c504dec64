// What a call for a TLS connection gives when it does not give a count of bytes.

/** The peer has said that it sends no more: close_notify. */
export const ENDED = 0;
/** Nothing can be done before bytes have come, or the socket has room. */
export const AGAIN = -1;
/** The connection is over; there may be an alert to send. */
export const FAILED = -2;
