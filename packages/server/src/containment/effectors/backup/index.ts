import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { checkBackup } from "./check-backup.ts";
import { backupCreate } from "./create.ts";

/** What makes, reads and restores backups. */
export function backupEffectors({ postgres }: EffectorSettings): readonly Effector[] {
  return [checkBackup(postgres.programs), backupCreate(postgres.programs)];
}
