import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import type { AddressOf } from "../databases/index.ts";
import { checkBackup } from "./check-backup.ts";
import { backupCreate } from "./create.ts";
import { backupRestore } from "./restore.ts";

/** What makes, reads and restores backups. */
export function backupEffectors({ postgres }: EffectorSettings, addressOf: AddressOf): readonly Effector[] {
  const { programs } = postgres;
  return [checkBackup(programs), backupCreate(programs, addressOf), backupRestore(programs, addressOf)];
}
