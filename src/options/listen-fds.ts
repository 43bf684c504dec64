// The sockets that systemd has opened for this process: LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID of sd_listen_fds(3).
// They have the descriptors from 3 on. One with the name "redirect" is for plain HTTP next to HTTPS; all others, whatever
// their names, are for the sites. Pure: the caller gives the variables and the number of the process.

const FIRST_DESCRIPTOR = 3;
const REDIRECT_NAME = "redirect";

type Environment = Readonly<Record<string, string | undefined>>;

/** By option, as words of the command line; a field is missing where there is no such socket. */
export interface InheritedSockets {
  readonly fd?: readonly string[];
  readonly tlsRedirectFd?: string;
}

export function inheritedSockets(environment: Environment, pid: number): InheritedSockets {
  const all = namedSockets(environment, pid);
  const redirect = all.find(({ name }) => name === REDIRECT_NAME);
  const sites = all.filter((one) => one !== redirect).map(({ fd }) => String(fd));
  return {
    ...(sites.length > 0 && { fd: sites }),
    ...(redirect !== undefined && { tlsRedirectFd: String(redirect.fd) }),
  };
}

/** Every socket that was opened for this process, in order. Several may have one name, and those of old units have none. */
export function namedSockets(environment: Environment, pid: number): { readonly fd: number; readonly name: string }[] {
  if (environment["LISTEN_PID"] !== String(pid)) return [];
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  return Array.from({ length: countOf(environment) }, (_, index) => ({
    fd: FIRST_DESCRIPTOR + index,
    name: names[index] ?? "",
  }));
}

/** A sentence when sockets were opened that another process was meant to take: connections to them would wait for good. */
export function socketsOfOthers(environment: Environment, pid: number): string[] {
  const meant = environment["LISTEN_PID"];
  if (meant === undefined || meant === String(pid) || countOf(environment) === 0) return [];
  const reason = "start heddle itself in the unit, or with exec in a script: npm and sh stay in between";
  return [`the sockets in LISTEN_FDS are for process ${meant}, and this is ${pid}, so they are not used: ${reason}`];
}

function countOf({ LISTEN_FDS: count = "" }: Environment): number {
  return /^\d{1,4}$/.test(count) ? Number(count) : 0;
}
