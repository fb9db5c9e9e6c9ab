import type { ArchiveVerdict } from "@firebreak/verifier";
import { toIso } from "../kernel/index.ts";
import { readLoggedCustody, recordCustody } from "./custody.ts";
import type { CustodyContext } from "./custody.ts";
import type { VerifyRequest } from "./verify/verify-archive.ts";

/** Without what the archive says of itself. */
type Verdict = Omit<ArchiveVerdict, "manifest" | "custody">;

interface CheckRequest {
  /** hashes the whole archive */
  readonly verify: (file: string, request: VerifyRequest) => Promise<Verdict>;
  readonly expectedKeyId: string;
  readonly from: string | null;
}

/** Verifies an archive of this installation, its custody against the audit log, and puts on record that and what was found. */
export async function checkArchive(
  ctx: CustodyContext,
  archive: { readonly id: string; readonly directory: string; readonly manifestSha256: string },
  { verify, expectedKeyId, from }: CheckRequest,
): Promise<Verdict> {
  const loggedCustody = await readLoggedCustody(ctx.database.kysely, archive.id);
  const verdict = withRecord(await verify(archive.directory, { expectedKeyId, loggedCustody }), archive);
  const found = verdict.intact ? "intact" : `${verdict.findingsTotal} finding(s)`;
  const act = { act: "verified", reason: `verification asked for: ${found}`, from } as const;
  await recordCustody(ctx, archive, act, {
    alongside: async (trx) => {
      await trx
        .updateTable("evidence_archives")
        .set({ verified_at: toIso(ctx.clock.now()), verified_intact: verdict.intact })
        .where("id", "=", archive.id)
        .execute();
    },
  });
  return verdict;
}

/** An archive of this installation that was put in the place of another has a good signature of the right key. */
function withRecord(verdict: Verdict, archive: { readonly id: string; readonly manifestSha256: string }): Verdict {
  if (verdict.manifestSha256 === "" || verdict.manifestSha256 === archive.manifestSha256) return verdict;
  const message = `is not the manifest that is on record for ${archive.id} (${archive.manifestSha256})`;
  const findings = [...verdict.findings, { item: "manifest.json", message }];
  return { ...verdict, intact: false, findings, findingsTotal: verdict.findingsTotal + 1 };
}
