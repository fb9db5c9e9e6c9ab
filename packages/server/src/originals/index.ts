export type { ManyReveals } from "./context.ts";
export {
  dropErasedCiphertext,
  eraseOriginals,
  eraseRevealable,
  listErasures,
  previewErasure,
} from "./erase-originals.ts";
export type { ErasureScope, FindHolds } from "./erase-originals.ts";
export { openOriginals } from "./originals.ts";
export type { Originals } from "./originals.ts";
export { revealOriginals, showOriginals } from "./reveal-originals.ts";
export { searchSealed } from "./search-originals.ts";
export type { FoundOriginals } from "./search-originals.ts";
export { continueRotation, rotateKey } from "./rotate-key.ts";
