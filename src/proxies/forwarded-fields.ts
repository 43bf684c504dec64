// The fields by which proxies tell who asks. Apart from clients.ts, because every start checks options and few servers have proxies.

export const FORWARDED_FIELDS = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] as const;

export type ForwardedField = (typeof FORWARDED_FIELDS)[number];

/** For the peer of a local socket, which has no address: the socket's permissions say who that can be. */
export const UNIX = "unix";
