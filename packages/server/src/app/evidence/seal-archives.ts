import type { Kysely } from "kysely";
import { isSealable, recordCustody } from "../../evidence/index.ts";
import type { CustodyContext } from "../../evidence/index.ts";
import type { Logger } from "../../kernel/index.ts";
import { messageOf } from "../../kernel/index.ts";
import { sealInThread } from "./in-thread.ts";
import type { ThreadOptions } from "./in-thread.ts";
import { anyRow } from "../../storage/index.ts";
import type { DueCondition, Schema } from "../../storage/index.ts";

interface SealContext extends CustodyContext, ThreadOptions {
  readonly logger: Logger;
  readonly home: string;
}

const AT_ONCE = 20;

const unsealed = (kysely: Kysely<Schema>) => kysely.selectFrom("evidence_archives").where("seal", "is", null);

/** Whether there are archives that {@link sealArchives} may have to seal. */
export const isArchiveUnsealed: DueCondition = (kysely) => anyRow(unsealed(kysely));

/** Seals archives that were put on record since: their files can be read and no more, and are immutable where that can be. */
export async function sealArchives(ctx: SealContext, wanted: boolean): Promise<void> {
  const rows = await unsealed(ctx.database.kysely)
    .select(["id", "directory", "manifest_sha256 as manifestSha256"])
    .orderBy("id")
    .limit(AT_ONCE)
    .execute();
  for (const archive of rows.filter(({ directory }) => isSealable(directory))) {
    try {
      const { immutable, why } = await sealInThread(archive.directory, wanted, ctx);
      const seal = immutable ? "immutable" : (why ?? "");
      const reason = immutable
        ? "its files are read-only and immutable"
        : `its files are read-only, not immutable: ${seal}`;
      await recordCustody(
        ctx,
        archive,
        { act: "sealed", reason, from: null },
        {
          alongside: async (trx) => {
            await trx.updateTable("evidence_archives").set({ seal }).where("id", "=", archive.id).execute();
          },
        },
      );
    } catch (fault) {
      ctx.logger.error("an archive cannot be sealed", { archive: archive.id, problem: messageOf(fault) });
    }
  }
}
