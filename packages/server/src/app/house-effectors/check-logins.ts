import type { EventView } from "@firebreak/protocol";
import { z } from "zod";
import { defineProbe } from "../../containment/index.ts";
import type { Effector } from "../../containment/index.ts";
import type { Database } from "../../storage/index.ts";
import { asking, eachEvent, since, sinceMinutes } from "./event-questions.ts";

const ADDRESSES_MAX = 50;
const USERS_MAX = 20;
/** What senders call the address that a sign-in comes from. */
const ADDRESS_FIELDS = ["source_address", "source_ip", "client_ip", "remote_address", "address", "ip"] as const;

interface Seen {
  failures: number;
  succeeded: number;
  readonly users: Set<string>;
}

/** Who tried to sign in, by address, from the stored events of kind `auth`. */
export function checkLogins(database: Database): Effector {
  return defineProbe({
    name: "check.logins",
    title: "Count sign-ins that failed and succeeded, by address",
    parameters: z.strictObject({ sinceMinutes, minFailures: z.number().int().min(0).max(100_000).default(1) }),
    describe: ({ sinceMinutes: minutes }) => `counts the sign-ins of the last ${minutes} minutes by address`,
    ask: (ctx, { sinceMinutes: minutes, minFailures }) =>
      asking(ctx, async () => {
        const byAddress = new Map<string, Seen>();
        const question = { ...since(ctx, minutes), kind: ["auth" as const] };
        const complete = await eachEvent({ database, ctx }, question, (event) => count(byAddress, event));
        const addresses = [...byAddress]
          .filter(([, { failures }]) => failures >= minFailures)
          .toSorted(([, a], [, b]) => b.failures - a.failures)
          .slice(0, ADDRESSES_MAX)
          .map(([address, seen]) => ({ address, ...seen, users: [...seen.users] }));
        const failures = addresses.reduce((sum, one) => sum + one.failures, 0);
        const message = `${failures} failed sign-in(s) from ${addresses.length} address(es)${complete ? "" : ", and not all were seen"}`;
        return { ok: true, output: { addresses, complete }, message };
      }),
  });
}

function count(byAddress: Map<string, Seen>, { data, outcome }: EventView): void {
  const address = ADDRESS_FIELDS.map((name) => data[name]).find((value) => typeof value === "string" && value !== "");
  if (typeof address !== "string" || outcome === "unknown") return;
  const seen = byAddress.get(address) ?? { failures: 0, succeeded: 0, users: new Set<string>() };
  byAddress.set(address, seen);
  if (outcome === "success") seen.succeeded += 1;
  else seen.failures += 1;
  const { user } = data;
  if (typeof user === "string" && user !== "" && seen.users.size < USERS_MAX) seen.users.add(user);
}
