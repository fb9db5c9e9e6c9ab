import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, constantFrom, integer, property, record, stringMatching } from "fast-check";
import JSON5 from "json5";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeEffectorContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { findMembers, withMember, withoutMember } from "./json5-members.ts";

const SECRET = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
const CONFIG = `// servers of this project
{
  mcpServers: {
    files: { command: 'npx', args: ['-y', "files",], }, // ours
    /* bought */ "evil, {server}": {
      command: "node", args: ["--token", "${SECRET}"], env: { API_KEY: "${SECRET}" },
    },
    last: { url: "https://mcp.example.org/sse" }
  },
  other: [1, 2, { a: "}" }],
}
`;
const SERVER = "evil, {server}";

async function openWorld(home: string): Promise<EffectorWorld> {
  const folder = mkdtempSync(join(tmpdir(), "fb-mcp-"));
  const config = join(folder, ".mcp.json");
  writeFileSync(config, CONFIG, { mode: 0o640 });
  const away = `${folder}-away`;
  const inTheWay = join(home, "effects");
  return {
    settings: {},
    parameters: { config, server: SERVER },
    look: async () => [readFileSync(config, "utf8"), statSync(config).mode],
    // it replaces one file once
    operations: () => (readFileSync(config, "utf8") === CONFIG ? 0 : 1),
    breakAt: () => writeFileSync(inTheWay, "in the way"),
    heal: () => rmSync(inTheWay),
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      rmSync(away, { recursive: true, force: true });
    },
  };
}

describeEffectorContract("mcp.disable", { open: openWorld });

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-mcp-"));
  mkdirSync(join(dir, "home"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("mcp.disable", () => {
  const ctx = () => effectorContextFor(join(dir, "home"));
  const effector = () => effectorOf("mcp.disable", {});
  const write = (text: string) => {
    const config = join(dir, "config.json");
    writeFileSync(config, text);
    return config;
  };

  test("C-3: takes out the one server and leaves every other sign of the file", async () => {
    const config = write(CONFIG);
    const { output, message } = await effector().apply(ctx(), { config, server: SERVER });
    expect(readFileSync(config, "utf8")).toBe(CONFIG.replace(/"evil, \{server\}": \{[^}]*\{[^}]*\},\s*\},\s*/, ""));
    expect(output).toMatchObject({ was: { command: "node", environment: ["API_KEY"] } });
    expect(JSON.stringify(output) + message).not.toContain(SECRET.slice(0, 20));
  });

  test.each([
    [
      "the last one",
      `{"mcpServers":{"a":{"command":"x"},"bad":{"command":"y"}}}`,
      `{"mcpServers":{"a":{"command":"x"}}}`,
    ],
    ["the only one", `{ "servers": { "bad": { "command": "y" } } }`, `{ "servers": {  } }`],
    ["one of OpenClaw", `{mcp:{servers:{bad:{command:'y'},},},}`, `{mcp:{servers:{},},}`],
    [
      "one of Claude Code's projects",
      `{"projects":{"/srv/a":{"mcpServers":{"bad":{"command":"y"}}},"/srv/b":{"mcpServers":{"good":{}}}}}`,
      `{"projects":{"/srv/a":{"mcpServers":{}},"/srv/b":{"mcpServers":{"good":{}}}}}`,
    ],
  ])("C-3: takes out %s", async (_which, before, after) => {
    const config = write(before);
    expect(await effector().apply(ctx(), { config, server: "bad" })).toMatchObject({ ok: true });
    expect(readFileSync(config, "utf8")).toBe(after);
    expect(await effector().undo(ctx(), { config, server: "bad" }, {})).toMatchObject({ ok: true });
    expect(readFileSync(config, "utf8")).toBe(before);
  });

  test("C-3: what others wrote since stays, and the server goes back beside it", async () => {
    const config = write(CONFIG);
    await effector().apply(ctx(), { config, server: SERVER });
    writeFileSync(config, readFileSync(config, "utf8").replace("last:", "newer: { command: 'n' }, last:"));
    expect(await effector().undo(ctx(), { config, server: SERVER }, {})).toMatchObject({ ok: true });
    const { mcpServers } = JSON5.parse<{ mcpServers: Record<string, unknown> }>(readFileSync(config, "utf8"));
    expect(Object.keys(mcpServers).toSorted()).toEqual([SERVER, "files", "last", "newer"].toSorted());
    expect(mcpServers[SERVER]).toEqual(JSON5.parse<{ mcpServers: Record<string, unknown> }>(CONFIG).mcpServers[SERVER]);
  });

  test("C-3: one that comes back is seen by verify and taken out again; the first goes back in the end", async () => {
    const config = write(CONFIG);
    const parameters = { config, server: SERVER };
    await effector().apply(ctx(), parameters);
    const worse = CONFIG.replace('command: "node"', 'command: "worse"');
    writeFileSync(config, worse);
    expect(await effector().verify(ctx(), parameters, {})).toMatchObject({ ok: false, reason: "unverified" });
    expect(await effector().apply({ ...ctx(), repeats: true }, parameters)).toMatchObject({ ok: true });
    expect(await effector().undo(ctx(), parameters, {})).toMatchObject({ ok: true });
    expect(readFileSync(config, "utf8")).toBe(CONFIG);
  });

  test("C-3: a file that is none, or has no such server, stays as it is", async () => {
    for (const [text, reason] of [
      ["{", "conflict"],
      ["[]", "not_found"],
      [`{"mcpServers":[]}`, "not_found"],
      [`{"mcpServers":{"good":{}}}`, "not_found"],
    ] as const) {
      const config = write(text);
      expect(await effector().apply(ctx(), { config, server: "bad" }), text).toMatchObject({ ok: false, reason });
      expect(readFileSync(config, "utf8")).toBe(text);
    }
    expect(await effector().apply(ctx(), { config: join(dir, "none.json"), server: "bad" })).toMatchObject({
      reason: "not_found",
    });
    expect(await effector().apply(ctx(), { config: dir, server: "bad" })).toMatchObject({ ok: false });
  });

  test("C-3: goes through a link to the file, which stays a link, and keeps the mode", async () => {
    const config = write(CONFIG);
    chmodSync(config, 0o604);
    const link = join(dir, "link.json");
    symlinkSync(config, link);
    await effector().apply(ctx(), { config: link, server: SERVER });
    expect(statSync(config).mode & 0o777).toBe(0o604);
    expect(readFileSync(config, "utf8")).not.toContain("evil");
    expect(readFileSync(link, "utf8")).toBe(readFileSync(config, "utf8"));
  });

  test("C-3: undo says what stands in its way when the list is gone", async () => {
    const config = write(CONFIG);
    await effector().apply(ctx(), { config, server: SERVER });
    writeFileSync(config, "{}");
    expect(await effector().undo(ctx(), { config, server: SERVER }, {})).toMatchObject({
      ok: false,
      reason: "conflict",
    });
    renameSync(config, `${config}.away`);
    expect(await effector().undo(ctx(), { config, server: SERVER }, {})).toMatchObject({
      ok: false,
      reason: "not_found",
    });
  });
});

test("C-3: members of any object are found, taken out and put back as JSON5 reads them", () => {
  const name = constantFrom("a", "b", "c d", "}", ",", "\\", '"', "'", "é", "//");
  const value = constantFrom(
    '{x:[1,"}"]}',
    "'it\\'s'",
    "1e3",
    "[{},[],/* ] */]",
    "null",
    '"//"',
    "{ /* , */ }",
    "-Infinity",
  );
  const blank = constantFrom("", " ", "\n  ", "/* , } */", "// , }\n");
  const member = record({ name, value, before: blank, after: blank });
  assert(
    property(
      array(member, { minLength: 1, maxLength: 5 }),
      integer({ min: 0, max: 4 }),
      constantFrom("", ","),
      (list, pick, comma) => {
        const unique = list.filter((one, index) => list.findIndex((other) => other.name === one.name) === index);
        const written = unique.map(
          (one) => `${one.before}${JSON.stringify(one.name)}${one.after}:${one.before}${one.value}${one.after}`,
        );
        const text = `{o: {${written.join(",")}${comma}}, rest: 1}`;
        const target = unique[pick % unique.length]?.name ?? "";
        const found = findMembers(text, ["o"]);
        const span = found?.members.find((one) => one.name === target);
        if (found === null || span === undefined) return false;
        const expected = JSON5.parse<{ o: Record<string, unknown> }>(text);
        const without = withoutMember(text, found.members, span);
        const parsed = JSON5.parse<{ o: Record<string, unknown> }>(without);
        const { [target]: taken, ...others } = expected.o;
        expect(parsed).toEqual({ ...expected, o: others });
        const again = findMembers(without, ["o"]);
        const back = withMember(
          without,
          again?.open ?? 0,
          (again?.members.length ?? 0) > 0,
          text.slice(span.start, span.end),
        );
        expect(JSON5.parse(back)).toEqual({ ...expected, o: { ...others, [target]: taken } });
        return true;
      },
    ),
    { numRuns: 300 },
  );
});

test("C-3: of a text that is no object there are no members, whatever it is", () => {
  assert(
    property(stringMatching(/^[{}[\]:,"'/*\\a \n]{0,30}$/), (text) => {
      findMembers(text, ["a"]);
      return true;
    }),
  );
  expect(findMembers("[]", [])).toBeNull();
});
