import type { SyslogView } from "@firebreak/protocol";
import type { FileProblem } from "../../kernel/index.ts";
import type { FieldMaps } from "../maps/load-maps.ts";
import { fingerprintFile, followEntries } from "../named-entries.ts";
import { readSyslogFile, syslogFile } from "./syslog-config.ts";
import { SyslogListener } from "./syslog-listener.ts";
import type { SyslogSurroundings } from "./syslog-listener.ts";

export interface SyslogOptions extends SyslogSurroundings {
  readonly home: string;
  /** read anew at every look at the file, so that a changed map counts */
  readonly fieldMaps: FieldMaps;
}

/** The listeners that `syslog.yaml` of the home names. */
export interface Syslog {
  /** Begins what is new in the file and ends what is no longer in it. To be called again and again, never twice at once. */
  pass(): Promise<void>;
  view(): SyslogView;
  close(): Promise<void>;
}

export function createSyslog(options: SyslogOptions): Syslog {
  return new ListenerSet(options);
}

class ListenerSet implements Syslog {
  readonly #options: SyslogOptions;
  readonly #listeners = new Map<string, SyslogListener>();
  #problems: readonly FileProblem[] = [];
  #fingerprint = "";
  #maps: FieldMaps["maps"] | undefined;

  constructor(options: SyslogOptions) {
    this.#options = options;
  }

  async pass(): Promise<void> {
    await this.#readConfig();
    for (const listener of this.#listeners.values()) await listener.keepOpen();
  }

  view(): SyslogView {
    return { items: [...this.#listeners.values()].map((one) => one.view()), problems: [...this.#problems] };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
    this.#listeners.clear();
  }

  async #readConfig(): Promise<void> {
    const { home, logger } = this.#options;
    const { maps } = this.#options.fieldMaps;
    const file = syslogFile(home);
    if (maps === this.#maps && (await fingerprintFile(file)) === this.#fingerprint) return;
    this.#maps = maps;
    const read = await readSyslogFile(home);
    this.#fingerprint = read.fingerprint;
    this.#problems = await followEntries(
      this.#listeners,
      { ...read, file, maps },
      (config, map) => new SyslogListener(config, map, this.#options),
    );
    for (const problem of this.#problems) logger.warn("a syslog listener is not right", { ...problem });
  }
}
