import type { Command } from "../../command.ts";
import { benchCommand } from "./bench.ts";
import { checkCommand } from "./check.ts";
import { explainCommand } from "./explain.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { replayCommand } from "./replay.ts";
import { testCommand } from "./test.ts";

export const rulesCommands: readonly Command[] = [
  listCommand,
  checkCommand,
  testCommand,
  explainCommand,
  replayCommand,
  benchCommand,
  importCommand,
];
