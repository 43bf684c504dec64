// Clients that go on asking while a server stops, each over one connection for many requests or for one. They tell which
// requests were lost.
import { RawClient } from "./raw-client.ts";

export interface Visits {
  answeredCount: number;
  /** Why a request got no answer, other than that nobody listened. */
  readonly failures: string[];
}

/** Visits until nobody listens at the port. @param perConnection how many requests go over a connection, at most */
export async function visit(port: number, perConnection: number, visits: Visits): Promise<void> {
  for (;;) {
    const client = await RawClient.open(port).catch((error: NodeJS.ErrnoException) => error);
    if (client instanceof RawClient) await ask(client, perConnection, visits);
    else if (client.code === "ECONNREFUSED") return;
    else visits.failures.push(`connecting: ${client.message}`);
  }
}

async function ask(client: RawClient, count: number, visits: Visits): Promise<void> {
  for (let index = 0; index < count; index++) {
    try {
      const { status, fields } = await client.request("GET", "/");
      if (status !== 200) visits.failures.push(`status ${status}`);
      visits.answeredCount++;
      if (fields.get("connection") === "close") break;
    } catch (error) {
      visits.failures.push(`request ${index}: ${(error as Error).message}`);
      break;
    }
  }
  client.close();
}
