import type { TileId } from "./tile.ts";

/** Where a log is read from. Everything it gives may be hostile. */
export interface LogSource {
  /** @returns the newest signed checkpoint */
  checkpoint(): Promise<string | undefined>;
  /** @returns earlier signed checkpoints that were kept with the log, each with where it was found */
  heads(): Promise<readonly Head[]>;
  /** @returns notes by which one key handed over to the next (see key-change.ts) */
  keyChanges?(): Promise<readonly string[]>;
  /** @returns the bytes of a tile, or undefined when there is none */
  tile(id: TileId): Promise<Buffer | undefined>;
  /** @returns the entries under a tile of level 0 in their order, undefined for one that is missing, or for all of them */
  entries(id: Omit<TileId, "level">): Promise<readonly (Buffer | undefined)[] | undefined>;
}

export interface Head {
  readonly name: string;
  readonly note: string;
}
