/** As many as the kernel allows (net.core.somaxconn, 4096 by default): a long queue refuses few clients in a rush. */
export const BACKLOG_COUNT = 4096;
