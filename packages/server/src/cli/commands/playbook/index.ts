import type { Command } from "../../command.ts";
import { checkCommand } from "./check.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { newCommand } from "./new.ts";
import { showCommand } from "./show.ts";
import { simulateCommand } from "./simulate.ts";
import { testCommand } from "./test.ts";

export const playbookCommands: readonly Command[] = [
  checkCommand,
  exportCommand,
  importCommand,
  listCommand,
  newCommand,
  showCommand,
  simulateCommand,
  testCommand,
];
