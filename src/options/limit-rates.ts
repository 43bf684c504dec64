// The options of rates and bandwidth, resolved: each limit is a rate and a burst.
import type { BandwidthOptions, ResolvedBandwidth, ResolvedRateLimit } from "../features/access/limit-options.ts";
import { BURST_SECONDS, LONGEST_BURST_SECONDS } from "./defaults.ts";
import { OptionError, placeName } from "./mistakes.ts";
import type { CompleteRateLimit } from "./schema/schema.ts";

type MeterSpec = NonNullable<ResolvedBandwidth["total"]>;

/** Bytes that are sent at once: a tenth of a second's worth, so that no second has more than a tenth too much. */
const BURST_SHARE = 10;
/** Fewer bytes at once are not worth a packet. */
const LEAST_BURST_BYTES = 512;

/** @throws {OptionError} for a burst that has no rate, or that takes longer than a day */
export function resolveRateLimit(
  given: CompleteRateLimit | undefined,
  place: readonly string[],
): ResolvedRateLimit | undefined {
  if (given === undefined) return undefined;
  const { requestsPerSecond, burstCount, clientRequestsPerSecond, clientBurstCount, dryRun } = given;
  const client = rateOf(clientRequestsPerSecond, clientBurstCount, place, "client");
  const total = rateOf(requestsPerSecond, burstCount, place, "");
  if (client === undefined && total === undefined) return undefined;
  return { client, total, dryRun };
}

export function resolveBandwidth(given: BandwidthOptions | undefined): ResolvedBandwidth | undefined {
  const client = bytesOf(given?.clientBytesPerSecond);
  const total = bytesOf(given?.bytesPerSecond);
  return client === undefined && total === undefined ? undefined : { client, total };
}

function rateOf(
  perSecond: number | undefined,
  burst: number | undefined,
  place: readonly string[],
  who: "client" | "",
): MeterSpec | undefined {
  const [rateName, burstName] =
    who === "" ? ["requestsPerSecond", "burstCount"] : ["clientRequestsPerSecond", "clientBurstCount"];
  if (perSecond === undefined) {
    if (burst === undefined) return undefined;
    throw new OptionError(placeName([...place, burstName]), burst, `${rateName}, too: the rate that follows the burst`);
  }
  const most = Math.floor(perSecond * LONGEST_BURST_SECONDS);
  if (burst !== undefined && burst > Math.max(1, most))
    throw new OptionError(
      placeName([...place, burstName]),
      burst,
      `at most ${most}, which ${rateName} allows in a day`,
    );
  return { perSecond, burst: burst ?? Math.max(1, Math.ceil(perSecond * BURST_SECONDS)) };
}

function bytesOf(perSecond: number | undefined): MeterSpec | undefined {
  if (perSecond === undefined) return undefined;
  return { perSecond, burst: Math.max(LEAST_BURST_BYTES, Math.floor(perSecond / BURST_SHARE)) };
}
