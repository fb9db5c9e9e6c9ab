import { expect, test } from "vitest";
import * as fc from "fast-check";
import { OperatorError } from "../kernel/index.ts";
import { parseCommandArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

const command: Command = {
  name: "try",
  summary: "for the test",
  positionals: [
    { name: "FILE", summary: "what to read" },
    { name: "COPY", summary: "where to write", optional: true },
  ],
  options: {
    agent: { type: "string", value: "ID", summary: "whose" },
    limit: { type: "string", value: "N", summary: "how many" },
    follow: { type: "boolean", short: "f", summary: "go on" },
  },
  examples: [],
  exits: [],
  run: async () => 0,
};
const { positionals: _positionals, ...withoutWords } = command;
const runner: Command = { ...withoutWords, rest: { name: "COMMAND…", summary: "what to run" } };

function faultOf(of: Command, words: readonly string[]): unknown {
  try {
    parseCommandArguments(of, words);
    return undefined;
  } catch (fault) {
    return fault;
  }
}

function usageOf(words: readonly string[], of: Command = command): string {
  const fault = faultOf(of, words);
  expect(fault).toMatchObject({ exitCode: 2, remedy: "See: firebreak try --help" });
  return fault instanceof OperatorError ? fault.message : "";
}

test("options before, between and after the words, in every form", () => {
  const forms = [
    ["--agent", "a", "-f", "x", "y"],
    ["x", "--agent=a", "y", "--follow"],
    ["x", "y", "-f", "--agent", "a"],
  ];
  for (const words of forms) {
    const args = parseCommandArguments(command, words);
    expect([args.positional(0), args.positional(1), args.text("agent"), args.flag("follow")]).toEqual([
      "x",
      "y",
      "a",
      true,
    ]);
  }
  const bare = parseCommandArguments(command, ["x"]);
  expect([bare.positional(1), bare.text("agent"), bare.flag("follow")]).toEqual([undefined, undefined, false]);
});

test.each([
  [[], "FILE is missing: what to read."],
  [["x", "y", "z"], '"z" is one word too many.'],
  [["x", "--agnet", "a"], "There is no option --agnet here. Did you mean --agent?"],
  [["x", "--nothing-like-it"], "There is no option --nothing-like-it here."],
  [["x", "-q"], "There is no option -q here."],
  [["x", "--agent"], "--agent needs a value: --agent ID"],
  [["x", "--agent", "--follow"], "--agent needs a value: --agent ID"],
  [["x", "--follow=yes"], "--follow takes no value."],
  [["x", "--agent", ""], "--agent has an empty value."],
  [["x", "--agent", "a", "--agent", "b"], "Give --agent once."],
  [["x", "--", "y"], "-- means nothing here."],
  [["\u001b[2Jx", "y", "\u001b]0;t\u0007z"], '"z" is one word too many.'],
])("%j is refused: %s", (words, message) => {
  expect(usageOf(words)).toContain(message);
});

test("what follows -- is the other command's, options and further -- too", () => {
  const args = parseCommandArguments(runner, ["--agent", "a", "--", "sh", "-c", "x", "--agent", "b", "--", "--help"]);
  expect(args.rest).toEqual(["sh", "-c", "x", "--agent", "b", "--", "--help"]);
  expect(args.text("agent")).toBe("a");
  expect(args.flag("help")).toBe(false);
  expect(usageOf(["--agent", "a", "--"], runner)).toContain("COMMAND… is missing after --");
  expect(usageOf(["--agent", "a"], runner)).toContain("COMMAND… is missing after --");
  expect(usageOf(["--agent", "a", "node", "x.js"], runner)).toContain(
    "Put -- before the command: firebreak try … -- node",
  );
});

test("--help needs no words", () => {
  expect(parseCommandArguments(command, ["-h"]).flag("help")).toBe(true);
  expect(parseCommandArguments(runner, ["--help"]).flag("help")).toBe(true);
});

test("a needed text and a count say what they take", () => {
  const args = (...words: string[]) => parseCommandArguments(command, ["x", ...words]);
  expect(args("--agent", "  abc ").requiredText("agent", 3)).toBe("abc");
  expect(() => args().requiredText("agent")).toThrow("--agent ID is missing.");
  expect(() => args("--agent", " a ").requiredText("agent", 3)).toThrow("--agent ID needs 3 characters or more.");
  const range = { min: 1, max: 500 };
  expect(args().count("limit", range)).toBeUndefined();
  expect(args("--limit", "500").count("limit", range)).toBe(500);
  for (const wrong of ["0", "501", "1.5", "1e2", "ten", " 1", "0x10", "99999999999999999999"]) {
    expect(() => args("--limit", wrong).count("limit", range)).toThrow("whole number from 1 to 500");
  }
});

test("whatever is typed, the answer is arguments or a usage error", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("--", "-", "--agent", "-f", "--follow", "-fh", "--json", "--limit=1"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.boolean(), (words, isRunner) => {
      const fault = faultOf(isRunner ? runner : command, words);
      expect(fault === undefined || (fault instanceof OperatorError && fault.exitCode === 2)).toBe(true);
    }),
  );
});
