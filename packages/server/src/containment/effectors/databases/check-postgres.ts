import type { Client } from "pg";
import { z } from "zod";
import { messageOf } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { AddressRefused } from "../probes/reachable-address.ts";
import { findDamage } from "./find-damage.ts";
import { postgresName, postgresPlace, sqlStateOf, withPostgres } from "./postgres-place.ts";
import type { PostgresParameters } from "./postgres-place.ts";
import type { AddressOf } from "./server-address.ts";
import { isNoAnswer, wordsOf } from "./unreachable.ts";

const parameters = postgresPlace.extend({
  /** also looks through every table and index for damage; reads all of them */
  deep: z.boolean().default(false),
});

const DOWN = { up: false, version: null, readOnly: null, sizeBytes: null, damaged: [] };
const DEEP_MS = 280_000;

/** Whether PostgreSQL answers a query in that database, what it says of itself, and, if asked, what is damaged. */
export const checkPostgres = (addressOf: AddressOf): Effector =>
  defineProbe({
    name: "check.postgres",
    title: "Ask a PostgreSQL server how it is",
    parameters,
    describe: (place) => `asks ${postgresName(place)}${place.deep ? ", and reads every table and index" : ""}`,
    ask: async (ctx, given) => {
      try {
        return await withPostgres({ ...given, addressOf }, ctx.signal, (client) => readFacts(client, ctx, given));
      } catch (fault) {
        return judgeFault(fault, given);
      }
    },
  });

const facts = z.object({ version: z.string(), read_only: z.boolean(), size_bytes: z.coerce.number() });
const FACTS = `select current_setting('server_version') as version,
    pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as read_only,
    pg_database_size(current_database()) as size_bytes`;

async function readFacts(
  client: Client,
  ctx: EffectorContext,
  given: PostgresParameters & { readonly deep: boolean },
): Promise<EffectorOutcome> {
  const { rows } = await client.query(FACTS);
  const { version, read_only, size_bytes } = facts.parse(rows[0]);
  const known = { up: true, version, readOnly: read_only, sizeBytes: size_bytes };
  const what = postgresName(given);
  if (!given.deep) {
    return { ok: true, output: { ...known, damaged: [], reason: null }, message: `${what} answers` };
  }
  const { damaged, reason } = await findDamage(client, AbortSignal.any([ctx.signal, AbortSignal.timeout(DEEP_MS)]));
  const found = damaged.length === 0 ? "no damage was found" : `damaged: ${damaged.join(", ")}`;
  return { ok: true, output: { ...known, damaged, reason }, message: `${what} answers; ${found}` };
}

/** The server is there and said that this login may not ask; whether it is well is not known. */
const LOGIN_REFUSED = /^28/;

function judgeFault(fault: unknown, given: PostgresParameters): EffectorOutcome {
  const what = postgresName(given);
  const state = sqlStateOf(fault);
  if (state !== null && LOGIN_REFUSED.test(state)) {
    const message = `${what} answers, but refuses the login of ${given.user} (${state}); give user and password`;
    return { ok: false, reason: "unavailable", message };
  }
  if (/password must be a string|no password supplied/i.test(messageOf(fault))) {
    return { ok: false, reason: "unavailable", message: `${what} answers, but wants a password` };
  }
  if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
  if (isNoAnswer(fault)) {
    return { ok: false, reason: "unreachable", message: `${what} cannot be asked: ${wordsOf(fault)}` };
  }
  const reason = state === null ? wordsOf(fault) : `${messageOf(fault)} (${state})`;
  return { ok: true, output: { ...DOWN, reason }, message: `${what} does not answer well: ${reason}` };
}
