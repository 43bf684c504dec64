// From listeners to what they open: addresses that are bound, and descriptors that were inherited. An address of localhost
// is two, and so may be a name of LISTEN_FDNAMES. Everything is bound before anything listens, so that a mistake in the last
// place refuses nobody at the first.
import { namedSockets } from "../../options/listen-fds.ts";
import type { ResolvedListener } from "../../options/listen-options.ts";
import { OptionError } from "../../options/mistakes.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { bindAddresses } from "./address.ts";
import { type Binding, type Bound, type BoundAddress, DescriptorSocket, isMultipath } from "./binding.ts";
import { AdoptedSocket, type HandedSocket, handedTo } from "./handed-over.ts";

/** Where connections of one listener come from. */
export interface ListenedAddress extends BoundAddress {
  /** Its index in the options. */
  readonly listener: number;
  /** Clients may use Multipath TCP (RFC 8684) there. */
  readonly isMultipath: boolean;
}

export type Place = Opening & { readonly isMultipath: boolean };

type Opening = { readonly listener: ResolvedListener; readonly index: number } & (
  | { readonly kind: "bound"; readonly bound: Bound }
  | { readonly kind: "inherited"; readonly fd: number }
  /** `fd` where a former server has handed it over. */
  | { readonly kind: "path"; readonly path: string; readonly mode: number; readonly fd?: number }
);

/**
 * In the order of the options.
 * @throws the system's error, with the `listener`; {OptionError} for a name that no inherited socket has
 */
export async function bindPlaces(
  { listen }: Pick<ResolvedOptions, "listen">,
  binding: Binding,
): Promise<[Place, ...Place[]]> {
  const places: Place[] = [];
  for (const [index, listener] of listen.entries()) {
    try {
      for (const opening of await placesOf(listener, index, binding))
        places.push({ ...opening, isMultipath: await speaksMultipath(opening) });
    } catch (error) {
      releasePlaces(places);
      throw withListener(error, listener);
    }
  }
  const [first, ...others] = places;
  return [first!, ...others];
}

/** What node:net has bound is plain TCP. */
async function speaksMultipath(place: Opening): Promise<boolean> {
  if (place.kind === "inherited") return isMultipath(place.fd);
  return place.kind === "bound" && place.bound instanceof DescriptorSocket && isMultipath(place.bound.fd());
}

/** Closes what was bound and is not used. */
export function releasePlaces(places: readonly Place[]): void {
  for (const place of places) if (place.kind === "bound") place.bound[Symbol.dispose]();
}

/** For messages: which of several listeners has failed. */
export function withListener(error: unknown, listener: ResolvedListener): unknown {
  return error instanceof Error && !(error instanceof OptionError) ? Object.assign(error, { listener }) : error;
}

async function placesOf(listener: ResolvedListener, index: number, binding: Binding): Promise<Opening[]> {
  const handed = handedTo(listener.name);
  if (handed.length > 0) return handed.map((one) => placeOfHanded(one, listener, index));
  switch (listener.kind) {
    case "address":
      return (await bindAddresses(listener, binding)).map((bound) => ({ kind: "bound", listener, index, bound }));
    case "socket":
      return [{ kind: "path", listener, index, path: listener.path, mode: listener.mode }];
    case "fd":
      return descriptorsOf(listener.fd, listener.option).map((fd) => ({ kind: "inherited", listener, index, fd }));
    default:
      return listener satisfies never;
  }
}

function placeOfHanded(handed: HandedSocket, listener: ResolvedListener, index: number): Opening {
  const { fd } = handed;
  if (listener.kind === "fd") return { kind: "inherited", listener, index, fd };
  if (listener.kind === "address") return { kind: "bound", listener, index, bound: new AdoptedSocket(handed) };
  return { kind: "path", listener, index, path: listener.path, mode: listener.mode, fd };
}

function descriptorsOf(fd: number | string, option: string): number[] {
  if (typeof fd === "number") return [fd];
  const sockets = namedSockets(process.env, process.pid);
  const found = sockets.filter(({ name }) => name === fd);
  if (found.length > 0) return found.map((one) => one.fd);
  const names = [...new Set(sockets.map(({ name }) => `fd:${name}`))].join(", ");
  const wanted = names === "" ? "the name of a socket of systemd, which has passed on none" : names;
  throw new OptionError(option, `fd:${fd}`, `${wanted} (LISTEN_FDNAMES)`);
}
