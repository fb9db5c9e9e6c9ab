import { verifyArchive as verifySource } from "@firebreak/verifier";
import type { ArchiveVerdict, LoggedCustody } from "@firebreak/verifier";
import { openCarrier } from "../carrier/open-carrier.ts";

export interface VerifyRequest {
  readonly expectedKeyId?: string | undefined;
  /** what the audit log says of its custody; left out when the archive is alone */
  readonly loggedCustody?: readonly LoggedCustody[] | undefined;
}

/**
 * Checks an archive with nothing but its directory or exported file; see `verifyArchive` of the verifier, which does it.
 *
 * @throws OperatorError when there is nothing that could be an archive
 */
export async function verifyArchive(file: string, request: VerifyRequest = {}): Promise<ArchiveVerdict> {
  const carrier = await openCarrier(file);
  return verifySource({
    source: carrier.entries(),
    carrier: carrier.kind,
    isCopy: carrier.kind !== "directory",
    ...request,
  });
}
