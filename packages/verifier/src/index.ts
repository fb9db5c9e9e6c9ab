export { readArchiveDirectory } from "./archive/archive-directory.ts";
export {
  ARCHIVE_FILES,
  ARCHIVE_ID,
  BLOB_NAME,
  CUSTODY_ACTS,
  parseCustodyLine,
  parseManifest,
  parseSignature,
} from "./archive/archive-format.ts";
export type { ArchiveItem, ArchiveManifest, CustodyAct, CustodyLine, ItemState } from "./archive/archive-format.ts";
export { ArchiveFault } from "./archive/archive-source.ts";
export type { ArchiveEntry, ArchiveSource } from "./archive/archive-source.ts";
export { readArchiveTar } from "./archive/read-tar.ts";
export { verifyArchive } from "./archive/verify-archive.ts";
export type { ArchiveFinding, ArchiveVerdict, LoggedCustody } from "./archive/verify-archive.ts";
export { formatCheckpoint, parseCheckpoint, readCheckpoint } from "./checkpoint.ts";
export type { Checkpoint } from "./checkpoint.ts";
export { DELETION_ACT, DELETION_RANGES_MAX, formatDeletion } from "./deletion.ts";
export type { EntryRange, ToldDeletion } from "./deletion.ts";
export { cosignedMessage, parseWitnessKey, readCosignatures, witnessIdOf } from "./cosignature.ts";
export type { Cosignature, WitnessKey } from "./cosignature.ts";
export { CHECKPOINT, createDirectorySource, HEADS, KEY_CHANGES, KEYS } from "./directory-source.ts";
export { ENTRY_BYTES_MAX, readBundle, writeBundle } from "./entries.ts";
export { formatManifest, verifyExportFile } from "./export-manifest.ts";
export type { ExportVerdict } from "./export-manifest.ts";
export type { Finding, FindingCode } from "./finding.ts";
export { Frontier } from "./frontier.ts";
export { EMPTY_ROOT, HASH_BYTES, hashChildren, hashLeaf } from "./hash.ts";
export { followKeys, readKeyChange, signKeyChange } from "./key-change.ts";
export type { KeyChange } from "./key-change.ts";
export { findCheckpoints } from "./note-set.ts";
export { formatVerifierKey, isSignedBy, keyIdOf, parseNote, parseVerifierKey, signNote } from "./note.ts";
export type { NoteSigner, SignedNote, VerifierKey } from "./note.ts";
export { formatProofFile, parseProofFile } from "./proof-file.ts";
export type { ProofFile } from "./proof-file.ts";
export { verifyConsistency, verifyInclusion } from "./proof.ts";
export type { ConsistencyProof, InclusionProof } from "./proof.ts";
export type { Head, LogSource } from "./source.ts";
export { entriesPath, hashAt, hashesAt, rootWithin, TILE_HEIGHT, TILE_WIDTH, tilePath, tilesOf } from "./tile.ts";
export type { ReadTile, TileId } from "./tile.ts";
export { TreeReader } from "./tree.ts";
export { verifyLog } from "./verify-log.ts";
export type { LogVerdict, VerifyOptions, VerifyState } from "./verify-log.ts";
