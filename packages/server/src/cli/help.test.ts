import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { GLOBAL_OPTIONS } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
import { findCommand } from "./find-command.ts";
import { commandHelp, groupHelp, overviewHelp } from "./help.ts";

function groups(): { name: string; text: string }[] {
  const names = COMMANDS.filter((command) => command.name.includes(" ")).map((command) => command.name.split(" ")[0]!);
  return [...new Set(names)].flatMap((name) => {
    const found = findCommand([name]);
    return found.kind === "group" ? [{ name, text: groupHelp(name, found.commands) }] : [];
  });
}

test("O-3: cli/help.golden.txt is what help prints", async () => {
  const parts = [
    { name: "--help", text: overviewHelp(COMMANDS) },
    ...groups(),
    ...COMMANDS.map((command) => ({ name: `${command.name} --help`, text: commandHelp(command) })),
  ];
  const text = parts.map((part) => `$ firebreak ${part.name}\n${part.text}`).join("\n");
  const file = new URL("./help.golden.txt", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(file, text);
  const committed = await readFile(file, "utf8").catch(() => "");
  expect(committed, "help.golden.txt is out of date: run with UPDATE_GOLDEN=1 and review the diff").toBe(text);
});

describe("help teaches", () => {
  test.each(COMMANDS)("$name: summary, an example for what it takes, its exit codes", (command) => {
    expect(command.summary).toMatch(/^[a-zA-Z].{9,60}[^.]$/);
    expect(command.examples.filter((example) => !example.includes(`firebreak ${command.name}`))).toEqual([]);
    const word = command.positionals === undefined ? "" : " [^-\\s]| -$";
    const rest = command.rest === undefined ? "" : ".* -- ";
    expect(command.examples.join("\n")).toMatch(new RegExp(`firebreak ${command.name}(${word})${rest}`, "m"));
    const hidden = Object.keys(command.options ?? {}).filter((name) => name in GLOBAL_OPTIONS);
    expect(hidden).toEqual([]);
    const help = commandHelp(command);
    expect(command.exits.filter((name) => !help.includes(EXIT_MEANINGS[name]))).toEqual([]);
    expect(new Set(command.exits).size).toBe(command.exits.length);
    expect(command.exits).toEqual(expect.arrayContaining(["ok", "failed", "usage"]));
  });

  test("every exit code has a meaning, is in the overview, and can happen", () => {
    const overview = overviewHelp(COMMANDS);
    for (const code of Object.values(EXIT)) expect(overview).toMatch(new RegExp(`^  ${code} .*\\w`, "m"));
    const possible = new Set<string>(COMMANDS.flatMap((command) => command.exits));
    expect([...possible].toSorted()).toEqual(Object.keys(EXIT).toSorted());
    expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length);
  });

  test.each(COMMANDS)("$name: the examples use options that exist", (command) => {
    const known = Object.entries({ ...GLOBAL_OPTIONS, ...command.options }).flatMap(([name, { short }]) => [
      `--${name}`,
      `-${short ?? name}`,
    ]);
    const words = command.examples.flatMap((example) => (example.split(" -- ")[0] ?? "").split(" "));
    expect(words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word))).toEqual([]);
  });

  test("help fits 80 columns, except for examples, which stay whole to be copied", () => {
    const texts = [overviewHelp(COMMANDS), ...groups().map((group) => group.text), ...COMMANDS.map(commandHelp)];
    const lines = texts.join("\n").split("\n");
    const isExample = (line: string) => /^ {2}(firebreak|DATABASE_URL=|echo) /.test(line);
    expect(lines.filter((line) => line.length > 80 && !isExample(line))).toEqual([]);
  });

  test("names are unique; one command has others under its name, and its help names them", () => {
    const names = COMMANDS.map((command) => command.name);
    expect(new Set(names).size).toBe(names.length);
    const both = COMMANDS.filter(({ name }) => names.some((other) => other.startsWith(`${name} `)));
    expect(both.map(({ name }) => name)).toEqual(["drill"]);
    for (const command of both) {
      for (const other of names.filter((name) => name.startsWith(`${command.name} `))) {
        expect(command.description?.join("\n")).toContain(`firebreak ${other}`);
      }
    }
  });
});

describe("finding a command", () => {
  const nameOf = (...words: string[]) => {
    const found = findCommand(words);
    return found.kind === "command" ? { name: found.command.name, rest: found.rest } : found.name;
  };

  test("one word, two words, a group", () => {
    expect(nameOf("up", "--port", "1")).toEqual({ name: "up", rest: ["--port", "1"] });
    expect(nameOf("incident", "show", "INC-1")).toEqual({ name: "incident show", rest: ["INC-1"] });
    for (const group of ["incident", "evidence", "events", "token", "db"]) expect(nameOf(group)).toBe(group);
    expect(nameOf("incident", "--help")).toBe("incident");
  });

  test.each([
    [["stats"], "firebreak status"],
    [["satus"], "firebreak status"],
    [["incidents"], "firebreak incident"],
    [["incident", "lsit"], "firebreak incident list"],
    [["token", "zzz"], "create, list, revoke, link"],
    [["frobnicate"], "firebreak help"],
    [["\u001b]0;owned\u0007x"], "firebreak help"],
  ])("%j is unknown; says what was meant", (words, hint) => {
    const fault = thrownBy(() => findCommand(words));
    expect(fault).toMatchObject({ exitCode: 2, remedy: expect.stringContaining(hint) });
    expect(String(fault)).not.toContain("\u001b");
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown;
  }
}
