import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { listPinnedServers } from "@firebreak/sdk/mcp";
import type { PinnedServer } from "@firebreak/sdk/mcp";
import { sql } from "kysely";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { toolPinsDir } from "../containment/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { House } from "./house.ts";

const ACTION = "gate.accept_tool";
/** A server of tools names them as it likes. */
const NAME_CHARACTERS_MAX = 200;

type Acceptance = PinnedServer["acceptances"][number];

/**
 * Puts on record which changed tools of MCP servers persons accepted on this machine, with or without a server: each
 * acceptance once, and also one that somebody wrote into the file by hand.
 *
 * @returns one look
 */
export function createAcceptedTools(house: Pick<House, "clock" | "config" | "database">): () => Promise<void> {
  const dir = toolPinsDir(house.config.home);
  const recorded = new Set<string>();
  let looked = "";
  return async () => {
    const state = stateOf(dir);
    if (state === looked) return;
    for (const server of listPinnedServers(dir).servers) {
      for (const acceptance of server.acceptances) {
        const id = idOf(server, acceptance);
        if (!recorded.has(id)) await record(house, { server, acceptance, id });
        recorded.add(id);
      }
    }
    looked = state;
  };
}

/** @returns what tells one state of the files of acceptances from another */
function stateOf(dir: string): string {
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith(".accepted.json"));
    return names.map((name) => `${name} ${statSync(path.join(dir, name)).ctimeMs}`).join("\n");
  } catch {
    return ""; // no tool was kept yet, or a file is being replaced
  }
}

function idOf({ key }: PinnedServer, acceptance: Acceptance): string {
  return createHash("sha256")
    .update(JSON.stringify([key, acceptance]))
    .digest("hex");
}

async function record(
  { clock, database }: Pick<House, "clock" | "database">,
  { server, acceptance, id }: { server: PinnedServer; acceptance: Acceptance; id: string },
): Promise<void> {
  const { tool, by, reason, hash, at } = acceptance;
  const target = `${server.key}/${storable(tool)}`;
  const person = storable(by);
  const detail = { acceptance: id, server: storable(server.name), tool: storable(tool), hash: storable(hash) };
  const time = Date.parse(at);
  await inTransaction(database, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
    const rows = trx.selectFrom("audit_log").select("leaf").where("target", "=", target).where("action", "=", ACTION);
    if ((await rows.execute()).some(({ leaf }) => acceptanceOf(leaf) === id)) return;
    await recordAudit(trx, {
      at: Number.isNaN(time) ? clock.now() : time,
      actor: { kind: "cli", id: person, name: person },
      action: ACTION,
      target,
      detail: { ...detail, reason: storable(reason) },
    });
  });
}

const leafOfAcceptance = z.object({ detail: z.object({ acceptance: z.string() }) });

function acceptanceOf(leaf: string | null): string | undefined {
  return leafOfAcceptance.safeParse(JSON.parse(leaf ?? "null")).data?.detail.acceptance;
}

/** The files may hold anything; PostgreSQL takes neither NUL nor half a character. */
function storable(text: string): string {
  return text.slice(0, NAME_CHARACTERS_MAX).replaceAll("\0", "\uFFFD").toWellFormed();
}
