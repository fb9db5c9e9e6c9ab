import { expect, test } from "vitest";
import { stopCommandOf } from "./stop-command.ts";

const STOP = { scope: "agent", target: "scout", level: "freeze", reason: "leaks" } as const;

test.each([
  [STOP, "firebreak stop --agent scout --level freeze --reason leaks"],
  [{ ...STOP, scope: "global", target: "", reason: " " }, "firebreak stop --global --level freeze --reason TEXT"],
  [
    { ...STOP, reason: "it's $(rm -rf /)" },
    "firebreak stop --agent scout --level freeze --reason 'it'\\''s $(rm -rf /)'",
  ],
  [{ ...STOP, target: "-x\u001b[2J\n\u202e;id" }, "firebreak stop --agent '-x [2J ;id' --level freeze --reason leaks"],
  [
    { ...STOP, scope: "global", target: "", confirmation: "KILL ALL" },
    "firebreak stop --global --level freeze --reason leaks --confirm 'KILL ALL'",
  ],
] as const)("C-1: the command that stops without the server is safe to paste", (stop, command) => {
  expect(stopCommandOf(stop)).toBe(command);
});
