import { sql } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { tellWidget } from "./index.ts";

export async function rightByItself(trx) {
  await trx.insertInto("widgets").values({}).execute();
  await recordAudit(trx, { action: "widget.create", target: null });
}

export const rightByHelper = async (trx) => {
  await trx.updateTable("widgets").set({}).execute();
  await tellWidget(trx, "1");
};

async function rightByItsCaller(trx) {
  await trx.deleteFrom("widgets").execute();
}

export async function caller(database) {
  await database.transaction().execute(async (trx) => {
    await rightByItsCaller(trx);
    await tellWidget(trx, "1");
  });
}

export async function tellsNobody(trx) {
  await trx.updateTable("widgets").set({}).execute();
}

export async function tellsInSql(trx) {
  await sql`update widgets set name = 'x'`.execute(trx);
}

export async function outsideOfATransaction(kysely) {
  await kysely.updateTable("widgets").set({}).execute();
  await tellWidget(kysely, "1");
}

/** One of its callers tells, the other does not. */
async function toldByOneCaller(trx) {
  await trx.updateTable("widgets").set({}).execute();
}

export async function tellingCaller(trx) {
  await toldByOneCaller(trx);
  await tellWidget(trx, "1");
}

export async function silentCaller(trx) {
  await toldByOneCaller(trx);
}

export class Keeper {
  async change(trx) {
    await this.#write(trx);
  }

  async #write(trx) {
    await trx.mergeInto("widgets").execute();
  }
}

export async function eventsAreNoActs(kysely) {
  await kysely.insertInto("events").values({}).execute();
}
