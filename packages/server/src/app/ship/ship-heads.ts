import type { ShipmentView } from "@firebreak/protocol";
import { readHeadToShip } from "../../audit/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import type { Clock, ShipmentSetting } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { describePlace, remedyFor } from "./describe-place.ts";
import type { OutgoingHead, Ship, ShipContext } from "./destination.ts";
import { shipToFile } from "./to-file.ts";
import { shipToGit } from "./to-git.ts";
import { shipToHttp } from "./to-http.ts";
import { shipToS3 } from "./to-s3.ts";

export interface ShippingContext extends ShipContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly places: readonly ShipmentSetting[];
}

interface Row {
  readonly size: string;
  readonly shipped_at: Date | null;
  readonly behind_since: Date | null;
  readonly tries: number;
  readonly next_try_at: Date;
  readonly problem: string | null;
  readonly failing_since: Date | null;
}

const HOUR_MS = 60 * 60_000;
const FIRST_RETRY_MS = 30_000;
/** Longer than any shipment takes: a node that died in the middle is taken over then. */
const UNDER_WAY_MS = 5 * 60_000;

/** @returns whether a place is to get the newest checkpoint now */
export function isDue(place: ShipmentSetting, row: Row, size: number, now: number): boolean {
  if (size <= Number(row.size) || now < row.next_try_at.getTime()) return false;
  if (row.shipped_at === null || row.tries > 0) return true;
  const isFull = place.everyEntries !== undefined && size - Number(row.size) >= place.everyEntries;
  return isFull || now - row.shipped_at.getTime() >= place.everyMinutes * 60_000;
}

/** @returns when to try again after so many tries that failed: 30 s, 1 min, 2 min …, an hour at most */
export function retryAfterMs(tries: number): number {
  return Math.min(HOUR_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 20));
}

/**
 * Sends the newest checkpoint to each place that is due; one that fails is tried again later, and keeps nobody waiting.
 *
 * @param isNow also to those that are not due
 */
export async function shipHeads(ctx: ShippingContext, isNow = false): Promise<void> {
  if (ctx.places.length === 0) return;
  const head = await readHeadToShip(ctx.database.kysely);
  if (head === undefined || head.size === 0) return;
  const now = ctx.clock.now();
  await Promise.all(ctx.places.map((place) => shipTo(ctx, place, { ...head, at: now }, isNow)));
}

async function shipTo(ctx: ShippingContext, place: ShipmentSetting, head: OutgoingHead, isNow: boolean): Promise<void> {
  const { database, clock } = ctx;
  const row = await readRow(ctx, place.name);
  const now = clock.now();
  if (head.size > Number(row.size) && row.behind_since === null) await noteBehind(ctx, place.name, now);
  if (isNow ? head.size <= Number(row.size) : !isDue(place, row, head.size, now)) return;
  // the condition lets one of several nodes go on
  const claimed = await database.kysely
    .updateTable("log_shipments")
    .set({ next_try_at: toIso(now + UNDER_WAY_MS) })
    .where("destination", "=", place.name)
    .where("next_try_at", "=", row.next_try_at)
    .returning("destination")
    .executeTakeFirst();
  if (claimed === undefined) return;
  const problem = await attempt(shipperOf(ctx, place), head);
  const tries = problem === null ? 0 : row.tries + 1;
  const at = clock.now();
  await database.kysely
    .updateTable("log_shipments")
    .set({
      tries,
      problem,
      failing_since: problem === null ? null : toIso(row.failing_since?.getTime() ?? at),
      next_try_at: toIso(problem === null ? at : at + retryAfterMs(tries)),
      ...(problem === null ? { size: String(head.size), shipped_at: toIso(at), behind_since: null } : {}),
    })
    .where("destination", "=", place.name)
    .execute();
}

async function attempt(ship: Ship, head: OutgoingHead): Promise<string | null> {
  try {
    await ship(head);
    return null;
  } catch (fault) {
    return messageOf(fault).slice(0, 500);
  }
}

function shipperOf(ctx: ShippingContext, place: ShipmentSetting): Ship {
  switch (place.kind) {
    case "file":
      return shipToFile(place.path);
    case "http":
      return shipToHttp(place, ctx);
    case "email":
      return ({ origin, size, note, at }) => {
        const text = `The audit log ${origin} holds ${size} entries.\nKeep this mail where nobody can change it.\n\n${note}`;
        return ctx.sendMail(place.channel, {
          subject: `Audit log: ${size} entries`,
          text,
          id: `${place.name}-${size}-${at}`,
        });
      };
    case "git":
      return shipToGit(place);
    case "s3":
      return shipToS3(place, ctx);
    default:
      return place satisfies never;
  }
}

async function noteBehind({ database }: ShippingContext, destination: string, now: number): Promise<void> {
  await database.kysely
    .updateTable("log_shipments")
    .set({ behind_since: toIso(now) })
    .where("destination", "=", destination)
    .where("behind_since", "is", null)
    .execute();
}

async function readRow({ database, clock }: ShippingContext, destination: string): Promise<Row> {
  const now = toIso(clock.now());
  await database.kysely
    .insertInto("log_shipments")
    .values({ destination, next_try_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return database.kysely
    .selectFrom("log_shipments")
    .selectAll()
    .where("destination", "=", destination)
    .executeTakeFirstOrThrow();
}

/** @returns the places of the profile, in its order */
export async function viewShipments(ctx: ShippingContext): Promise<ShipmentView[]> {
  return Promise.all(
    ctx.places.map(async (place) => {
      const row = await readRow(ctx, place.name);
      const behindMs = row.behind_since === null ? 0 : ctx.clock.now() - row.behind_since.getTime();
      const isLate = behindMs > place.lateHours * HOUR_MS;
      return {
        name: place.name,
        kind: place.kind,
        place: describePlace(place),
        size: Number(row.size),
        shippedAt: row.shipped_at?.toISOString() ?? null,
        problem: row.problem,
        failingSince: row.failing_since?.toISOString() ?? null,
        remedy: row.problem === null ? null : remedyFor(place),
        nextTryAt: row.problem === null ? null : row.next_try_at.toISOString(),
        isLate,
      };
    }),
  );
}
