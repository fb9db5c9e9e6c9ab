import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { checkBackup } from "./check-backup.ts";
import { backupCreate } from "./create.ts";
import { backupRestore } from "./restore.ts";

/** What makes, reads and restores backups. */
export function backupEffectors({ postgres }: EffectorSettings): readonly Effector[] {
  return [checkBackup, backupCreate, backupRestore].map((make) => make(postgres.programs));
}
