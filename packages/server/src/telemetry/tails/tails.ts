import type { TailsView } from "@firebreak/protocol";
import type { Clock, FileProblem, Logger } from "../../kernel/index.ts";
import type { Intake } from "../intake.ts";
import type { FieldMaps } from "../maps/load-maps.ts";
import { openPositions } from "./positions.ts";
import type { Positions } from "./positions.ts";
import { fingerprintFile, followEntries } from "../named-entries.ts";
import { readTailsFile, tailsFile } from "./tail-config.ts";
import { Tail } from "./tail.ts";

export interface TailsOptions {
  readonly home: string;
  /** what `~` stands for */
  readonly userHome: string;
  /** read anew at every look at the file, so that a changed map counts */
  readonly fieldMaps: FieldMaps;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files that `tails.yaml` of the home names, read as they grow. */
export interface Tails {
  /** Reads what is new, of every tail. To be called again and again, never twice at once. */
  pass(): Promise<void>;
  view(): TailsView;
  /** Closes the files and notes how far they were read. */
  close(): Promise<void>;
}

const CONFIG_EVERY_MS = 2_000;
const SAVE_EVERY_MS = 1_000;

export async function openTails(options: TailsOptions): Promise<Tails> {
  return new TailSet(options, await openPositions(options.home, options.logger));
}

class TailSet implements Tails {
  readonly #options: TailsOptions;
  readonly #positions: Positions;
  readonly #tails = new Map<string, Tail>();
  #problems: readonly FileProblem[] = [];
  #fingerprint = "";
  #maps: FieldMaps["maps"] | undefined;
  #configDueMs = 0;
  #saveDueMs = 0;

  constructor(options: TailsOptions, positions: Positions) {
    this.#options = options;
    this.#positions = positions;
  }

  async pass(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonicMs() >= this.#configDueMs) {
      await this.#readConfig();
      this.#configDueMs = clock.monotonicMs() + CONFIG_EVERY_MS;
    }
    await Promise.all([...this.#tails.values()].map((tail) => tail.pass()));
    if (clock.monotonicMs() < this.#saveDueMs) return;
    await this.#positions.save();
    this.#saveDueMs = clock.monotonicMs() + SAVE_EVERY_MS;
  }

  view(): TailsView {
    const items = [...this.#tails.values()].map(({ config, health }) => ({
      name: config.name,
      map: config.map,
      paths: config.paths,
      ...health.view(),
    }));
    return { items, problems: [...this.#problems] };
  }

  async close(): Promise<void> {
    for (const tail of this.#tails.values()) await tail.close();
    await this.#positions.save();
  }

  /** Begins what is new or changed in the file, and ends what is no longer in it; its positions stay. */
  async #readConfig(): Promise<void> {
    const { home, userHome, clock, intake, logger } = this.#options;
    const { maps } = this.#options.fieldMaps;
    if (maps === this.#maps && (await fingerprintFile(tailsFile(home))) === this.#fingerprint) return;
    this.#maps = maps;
    const read = await readTailsFile(home, userHome);
    this.#fingerprint = read.fingerprint;
    const around = { intake, positions: this.#positions, clock, logger };
    this.#problems = await followEntries(
      this.#tails,
      { ...read, file: tailsFile(home), maps },
      (config, map) => new Tail(config, map, around),
    );
    for (const { file, line, message } of this.#problems) logger.warn("a tail cannot be read", { file, line, message });
  }
}
