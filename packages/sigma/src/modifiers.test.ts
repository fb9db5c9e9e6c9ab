import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";

const HEAD = "title: T\nid: r\nlogsource: { product: test }\n";
type Fields = Record<string, unknown>;
const placeholders = { admins: ["root", "adm_*"], nets: ["10.0.0.0/8", "fd00::/8"], none: [] };

function load(line: string) {
  const text = `${HEAD}detection:\n  selection:\n    ${line}\n  condition: selection`;
  return compile([{ name: "r.yml", text }], { placeholders });
}

function hits(line: string, fields: Fields): boolean {
  const ruleset = load(line);
  expect(ruleset.errors).toEqual([]);
  const event = { presentations: [{ logsource: { product: "test" }, fields }] };
  return ruleset.createEngine().evaluate(event, { time: 0, id: "e" }).length > 0;
}

const table = (rows: readonly (readonly [string, Fields, boolean])[]) => {
  it.each(rows)("%s on %j: %s", (line, fields, expected) => {
    expect(hits(line, fields)).toBe(expected);
  });
};

describe("windash", () => {
  table([
    ["c|windash: 'x -f'", { c: "x /f" }, true],
    ["c|windash: 'x /f'", { c: "x -f" }, true],
    ["c|windash|contains: ' -f'", { c: "x –f y" }, true],
    ["c|contains|windash: ' -f'", { c: "x —f y" }, true],
    ["c|endswith|windash: ' -f'", { c: "x ―f" }, true],
    ["c|startswith|windash: '-a -b /c'", { c: "/a –b -c -d" }, true],
    ["c|windash: 'x -f'", { c: "x +f" }, false],
    ["c|windash: 'x -f'", { c: "x f" }, false],
    ["c|windash|contains|all: [' -a', ' -b']", { c: "x /b /a" }, true],
    ["c|windash: '-? *-b'", { c: "/x y z/b" }, true],
    ["c|windash|cased: '-F'", { c: "/F" }, true],
    ["c|windash|cased: '-F'", { c: "/f" }, false],
  ]);

  it("takes each dash for every other, wherever it stands, as one property", () => {
    const dashes = ["-", "/", "–", "—", "―"] as const;
    const piece = fc.array(fc.oneof(fc.constantFrom(...dashes), fc.constantFrom("a", "b", " ")), { maxLength: 8 });
    fc.assert(
      fc.property(piece, piece, (rule, value) => {
        const normal = (units: readonly string[]) =>
          units.map((unit) => (dashes.some((dash) => dash === unit) ? "-" : unit)).join("");
        const expected = `x${normal(value)}y`.includes(normal(rule));
        expect(hits(`c|contains|windash: ${JSON.stringify(rule.join(""))}`, { c: `x${value.join("")}y` })).toBe(
          expected,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("encodings", () => {
  const utf16le = (text: string) => Buffer.from(text, "utf16le");
  table([
    ["c|base64: 'ping'", { c: Buffer.from("ping").toString("base64") }, true],
    ["c|base64|contains: 'pin'", { c: `x ${Buffer.from("pin").toString("base64")} y` }, true],
    ["c|base64: 'ping'", { c: "ping" }, false],
    ["c|wide|base64: 'ping'", { c: utf16le("ping").toString("base64") }, true],
    ["c|utf16le|base64: 'ping'", { c: utf16le("ping").toString("base64") }, true],
    ["c|utf16be|base64: 'ping'", { c: utf16le("ping").swap16().toString("base64") }, true],
    ["c|utf16|base64: 'ping'", { c: utf16le("\ufeffping").toString("base64") }, true],
    ["c|utf16le: 'ab'", { c: "a\0b\0" }, true],
    ["c|utf16be|contains: 'ab'", { c: "x\0a\0b" }, true],
    ["c|windash|base64: '-f'", { c: Buffer.from("–f").toString("base64") }, true],
    ["c|windash|wide|base64offset|contains: ' -f '", { c: utf16le("ab /f cd").toString("base64") }, true],
    ["c|base64: 'a\\*b'", { c: Buffer.from("a*b").toString("base64") }, true],
  ]);

  it.each(["", "wide|", "utf16be|"])("%sbase64offset finds a text at whatever place it was encoded", (charset) => {
    const encode = (text: string) =>
      charset === "" ? Buffer.from(text) : charset === "wide|" ? utf16le(text) : utf16le(text).swap16();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 7 }), fc.uint8Array({ maxLength: 7 }), (before, after) => {
        const value = Buffer.concat([before, encode("foobär"), after]).toString("base64");
        expect(hits(`c|${charset}base64offset|contains: 'foobär'`, { c: value })).toBe(true);
        expect(hits(`c|${charset}base64offset|contains: 'foobaz'`, { c: value })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe("fieldref", () => {
  table([
    ["a|fieldref: b", { a: "X", b: "x" }, true],
    ["a|fieldref: b", { a: "x", b: "y" }, false],
    ["a|fieldref: b", { a: "x" }, false],
    ["a|fieldref: b", {}, false],
    ["a|fieldref|cased: b", { a: "X", b: "x" }, false],
    ["a|fieldref|startswith: b", { a: "admin-1", b: "Admin" }, true],
    ["a|fieldref|endswith: b", { a: "c:\\x.exe", b: "X.EXE" }, true],
    ["a|fieldref|contains: b", { a: "one two", b: "two" }, true],
    ["a|fieldref: [b, c]", { a: "x", b: "y", c: "x" }, true],
    ["a|fieldref|neq: b", { a: "x", b: "y" }, true],
    ["a|fieldref|neq: b", { a: "x", b: "X" }, false],
    ["a|fieldref: n", { a: "5", n: 5 }, true],
    ["a.x|fieldref: b.y", { a: { x: "1" }, b: { y: "1" } }, true],
    ["a|fieldref: b", { a: ["p", "q"], b: ["q", "r"] }, true],
  ]);
});

describe("neq", () => {
  table([
    ["a|neq: x", { a: "y" }, true],
    ["a|neq: x", { a: "X" }, false],
    ["a|neq: [x, y]", { a: "y" }, false],
    ["a|neq: [x, y]", { a: "z" }, true],
    ["a|neq: 5", { a: 6 }, true],
    ["a|neq: 5", { a: 5 }, false],
    ["a|neq: ''", { a: "x" }, true],
    ["a|neq: null", { a: "x" }, true],
    ["a|neq: null", {}, false],
    ["a|contains|neq: x", { a: "axb" }, false],
    ["a|re|neq: '^x'", { a: "ax" }, true],
  ]);
});

describe("cidr", () => {
  table([
    ["ip|cidr: fd00::/8", { ip: "fd12:3456::1" }, true],
    ["ip|cidr: fd00::/8", { ip: "fe80::1" }, false],
    ["ip|cidr: fe80::/10", { ip: "fe80::1%eth0" }, true],
    ["ip|cidr: '2001:db8::1'", { ip: "2001:0DB8:0:0::0:1" }, true],
    ["ip|cidr: '2001:db8::/33'", { ip: "2001:db8:8000::" }, false],
    ["ip|cidr: '::/0'", { ip: "::1" }, true],
    ["ip|cidr: '::/0'", { ip: "10.0.0.1" }, false],
    ["ip|cidr: 10.0.0.0/8", { ip: "::ffff:10.1.2.3" }, true],
    ["ip|cidr: 10.0.0.0/8", { ip: "::ffff:11.1.2.3" }, false],
    ["ip|cidr: 10.0.0.0/8", { ip: "10.0.0.1.5" }, false],
    ["ip|cidr: '::ffff:0:0/96'", { ip: "::ffff:10.1.2.3" }, true],
    ["ip|cidr: 'fd00::/8'", { ip: "fd00:::1" }, false],
    ["ip|cidr: 'fd00::/8'", { ip: "fd00:1:2:3:4:5:6:7:8" }, false],
    ["ip|cidr|expand: '%nets%'", { ip: "fd00::5" }, true],
    ["ip|cidr|expand: '%nets%'", { ip: "192.168.0.1" }, false],
  ]);
});

describe("expand", () => {
  table([
    ["user|expand: '%admins%'", { user: "ADM_jo" }, true],
    ["user|expand: '%admins%'", { user: "jo" }, false],
    ["user|contains|expand: 'x\\%admins%y'", { user: "a x%admins%y" }, true],
    ["user|contains|expand: 'x\\%admins%y'", { user: "a x\\rooty" }, false],
    ["user|expand: '%none%'", { user: "" }, false],
    ["user|re|expand: '^%admins%$'", { user: "adm_*" }, true],
    ["user|re|expand: '^%admins%$'", { user: "adm_jo" }, false],
    ["user: '%admins%'", { user: "%admins%" }, true],
  ]);

  it("refuses a placeholder that nobody gave, at its place", () => {
    const [error] = load("user|expand: 'a%gone%'").errors;
    expect(error).toMatchObject({ line: 6, column: 20, message: expect.stringContaining("%gone%") });
  });
});

describe("parts of a date", () => {
  const at = "2026-01-01T23:59:00+02:00";
  table([
    ["t|hour: 23", { t: at }, true],
    ["t|minute: 59", { t: at }, true],
    ["t|day: 1", { t: at }, true],
    ["t|month: 1", { t: at }, true],
    ["t|year: 2026", { t: at }, true],
    ["t|week: 1", { t: at }, true],
    ["t|week: 53", { t: "2027-01-01" }, true],
    ["t|hour|gte: 22", { t: at }, true],
    ["t|hour|lt: 6", { t: at }, false],
    ["t|hour: [1, 23]", { t: at }, true],
    ["t|hour|neq: 23", { t: at }, false],
    ["t|hour: 0", { t: "2026-02-30 00:00" }, false],
    ["t|hour: 0", { t: "yesterday" }, false],
    ["t|hour: 0", {}, false],
    ["t|year: 2026", { t: 1_767_225_600 }, true],
    ["t|year: 2026", { t: 1_767_225_600_000 }, true],
  ]);
});

describe("a chain that means nothing is refused", () => {
  it.each([
    ["a|re|windash: x", "windash has no meaning with re"],
    ["a|base64|base64offset: x", "exclude each other"],
    ["a|base64|wide: x", "wide comes before base64"],
    ["a|lt|cased: 5", "cased has no meaning with lt"],
    ["a|fieldref|base64: b", "fieldref has no meaning with base64"],
    ["a|hour|contains: 5", "hour has no meaning with contains"],
    ["a|hour: noon", "hour needs a number"],
    ["a|exists|expand: '%admins%'", "expand has no meaning with exists"],
    ["a|base64: 'x*'", "cannot have wildcards"],
    ["a|fieldref: 5", "needs the name of a field"],
    ["'|fieldref': a", "no meaning with keywords"],
    ["a|base64offset: x", "too short"],
    ["a|windash|base64: '----'", "3 dashes"],
  ])("%s", (line, message) => {
    const [error, ...more] = load(line).errors;
    expect(more).toEqual([]);
    expect(error).toMatchObject({ line: 6, message: expect.stringContaining(message) });
    expect(error?.remedy).not.toBe("");
  });
});

it("an explanation shows the field, its value and the chain as written", () => {
  const engine = load("a|fieldref|startswith: b").createEngine();
  const fields = { a: "admin-1", b: "Admin" };
  const [match] = engine.evaluate(
    { presentations: [{ logsource: { product: "test" }, fields }] },
    { time: 0, id: "e" },
  );
  expect(match?.selections).toEqual([
    { name: "selection", fields: [{ field: "a", value: "admin-1", modifier: "fieldref|startswith", pattern: "b" }] },
  ]);
});
