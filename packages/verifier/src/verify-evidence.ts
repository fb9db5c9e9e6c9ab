import { openArchive } from "./archive/open-archive.ts";
import { verifyArchive } from "./archive/verify-archive.ts";
import type { ArchiveVerdict, LoggedCustody } from "./archive/verify-archive.ts";

interface Options {
  readonly expectedKeyId: string | undefined;
  readonly json: boolean;
  /** what the audit log says of the custody of that archive; undefined without a log */
  readonly readCustody: (archiveId: string) => Promise<readonly LoggedCustody[] | undefined>;
}

/** Verifies one archive, and again with the log's word on its custody once its id is known. @returns whether it is intact */
export async function verifyEvidence(file: string, options: Options): Promise<boolean> {
  const first = await verifyOnce(file, options, undefined);
  const logged = first.archiveId === null ? undefined : await options.readCustody(first.archiveId);
  const verdict = logged === undefined ? first : await verifyOnce(file, options, logged);
  print(verdict, options);
  return verdict.intact;
}

async function verifyOnce(
  file: string,
  { expectedKeyId }: Options,
  loggedCustody: readonly LoggedCustody[] | undefined,
): Promise<ArchiveVerdict> {
  const { source, isCopy } = await openArchive(file);
  return verifyArchive({ source, carrier: "the archive", isCopy, expectedKeyId, loggedCustody });
}

function print({ manifest, custody, ...verdict }: ArchiveVerdict, { json, expectedKeyId }: Options): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(verdict)}\n`);
    return;
  }
  for (const { item, message } of verdict.findings) process.stdout.write(`${visible(item)}: ${visible(message)}\n`);
  const { collected, degraded, failed } = verdict.states;
  const heard = `${collected} items whole, ${degraded} degraded, ${failed} not had; ${custody.length} custody entries`;
  const said = verdict.intact ? "intact" : `${verdict.findingsTotal} finding(s)`;
  process.stdout.write(`${said}: ${manifest?.archiveId ?? "no archive"}, ${heard}\n`);
  process.stdout.write(`Sealed by key ${verdict.signedBy || "(none)"}\n`);
  if (expectedKeyId === undefined) process.stdout.write("Give --archive-key to know whose key that is.\n");
}

/** Names in an archive come from whoever made it: nothing of them may reach the terminal as a command. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a1-\u167f\u1681-\u1fff\u2c00-\ud7ff\uf900-\ufdff]/gu, "\ufffd");
}
