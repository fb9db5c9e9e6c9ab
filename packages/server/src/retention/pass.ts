import { codeOf, messageOf } from "../kernel/index.ts";
import type { Batch, BatchSize } from "./batch.ts";
import type { RetentionContext } from "./context.ts";
import type { PassLock } from "./pass-lock.ts";
import type { Store } from "./stores.ts";

/** What one pass may do: about four million rows. The next one, a minute later, goes on. */
const BATCHES_MAX = 400;

/** A deletion that legal holds kept from being done, wholly or in part. */
export interface BlockedDeletion {
  readonly noticeId: string;
  readonly class: string;
  readonly rows: number;
  readonly cases: readonly string[];
}

/** One pass of the policy: what it has done so far, and whether it may go on. */
export class Pass {
  archived = 0;
  segments = 0;
  deleted = 0;
  held = 0;
  announced = 0;
  readonly failures: string[] = [];
  readonly blocked: BlockedDeletion[] = [];
  readonly ctx: RetentionContext;
  readonly size: BatchSize;
  readonly #lock: PassLock;
  #batches = 0;

  constructor(ctx: RetentionContext, lock: PassLock, size: BatchSize) {
    this.ctx = ctx;
    this.size = size;
    this.#lock = lock;
  }

  get isSpent(): boolean {
    return this.#batches >= BATCHES_MAX;
  }

  /** Asked before each batch. */
  mayGoOn(): boolean {
    if (this.isSpent) return false;
    this.#batches += 1;
    this.#lock.check();
    return true;
  }

  /** What fails in one class does not keep the others from going on. */
  async attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (fault) {
      const why = codeOf(fault) === "ENOSPC" ? "the disk is full; nothing was dropped" : messageOf(fault);
      this.failures.push(`could not ${what}: ${why}`);
      this.ctx.logger.error("retention could not do all", { what, problem: messageOf(fault) });
    }
  }

  noteAltered({ table }: Store, { altered }: Batch): void {
    const [first] = altered;
    if (first === undefined) return;
    this.failures.push(
      `${altered.length} rows of ${table} are not what was logged, the first is ${first}: they stay where they are. Run \`firebreak audit verify\``,
    );
  }
}
