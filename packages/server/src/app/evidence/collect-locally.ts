import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { collectEvidence, settleInterrupted } from "../../evidence/index.ts";
import type { CollectionRecord, CutOff, EvidenceSummary } from "../../evidence/index.ts";
import {
  createSecretReader,
  ensurePrivateDir,
  loadProfile,
  processSurroundings,
  requireProfile,
} from "../../kernel/index.ts";
import type { Clock, Config, Environment, NewId } from "../../kernel/index.ts";
import { resolveSubject } from "./resolve-subject.ts";
import type { CollectRequest } from "./resolve-subject.ts";
import { collectSurroundings } from "./surroundings.ts";

export interface LocalCollectOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly newId: NewId;
  /** where `profiles/` lies */
  readonly dataDir: string;
  readonly actor: Actor;
  readonly request: CollectRequest;
  readonly signal: AbortSignal;
  readonly onProgress: (record: CollectionRecord) => void;
  /** told of earlier collections that were cut off, and are settled once this one is sealed */
  readonly onCutOff: (one: CutOff) => void;
}

/**
 * Collects without a server, into the same home. The database is not opened: the next server puts the archive on record, with
 * its act in the audit log.
 *
 * @throws FirebreakError not_found, bad_request; OperatorError when no profile can be read
 */
export async function collectWithoutServer(options: LocalCollectOptions): Promise<EvidenceSummary> {
  const { config, environment, clock, newId, actor, request, signal, onProgress } = options;
  const { home } = config;
  ensurePrivateDir(home);
  const profilesDir = path.join(options.dataDir, "profiles");
  const profile = requireProfile(await loadProfile({ home, profilesDir, name: config.profileName }));
  const subject = await resolveSubject(home, null, request);
  const { userHome } = processSurroundings();
  const readSecret = createSecretReader(environment, home);
  const { timeLimitSeconds } = request;
  const summary = await collectEvidence(
    { home, database: null, clock, actor },
    {
      ...subject,
      archiveId: newId("evidence"),
      incidentId: request.incidentId ?? null,
      reason: request.reason,
      level: request.level,
      memory: request.memory === true,
      settings: profile.evidence,
      timeLimitMs: timeLimitSeconds === undefined ? undefined : timeLimitSeconds * 1000,
      surroundings: await collectSurroundings({ home, userHome, profilesDir, profile, readEvents: null, readSecret }),
      signal,
      onProgress,
    },
  );
  // not before: what is to be had now may be gone in a moment
  for (const one of await settleInterrupted({ home, clock, tried: new Set() })) options.onCutOff(one);
  return summary;
}
