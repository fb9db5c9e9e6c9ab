import type { TailView } from "@firebreak/protocol";
import { LineHealth } from "../line-health.ts";

const SKIPPED_TOLD_MAX = 10;

/** How one tail fares. */
export class TailHealth extends LineHealth {
  #files: Pick<TailView, "files" | "behindBytes" | "skipped"> = { files: 0, behindBytes: 0, skipped: [] };

  override view(): Omit<TailView, "name" | "map" | "paths"> {
    const lines = super.view();
    return { ...lines, ...this.#files, state: lines.waitingFor === null ? "reading" : "waiting" };
  }

  noteFiles(found: { readonly files: number; readonly behindBytes: number }): void {
    this.#files = { ...this.#files, ...found };
  }

  noteSkipped(skipped: readonly { path: string; message: string }[]): void {
    this.#files = { ...this.#files, skipped: skipped.slice(0, SKIPPED_TOLD_MAX) };
  }
}
