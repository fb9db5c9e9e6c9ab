import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeIndicator } from "./normalize.ts";
import { readCsv } from "./read-csv.ts";
import { readStix } from "./read-stix.ts";
import { readText } from "./read-text.ts";
import { parseStixPattern } from "./stix-pattern.ts";

const SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

describe("E-6: an indicator is brought into one form", () => {
  it.each([
    ["203.0.113.7", "ip", "203.0.113.7"],
    ["203[.]0[.]113[.]7", "ip", "203.0.113.7"],
    ["2001:DB8:0:0::1", "ip", "2001:db8::1"],
    ["::ffff:203.0.113.7", "ip", "203.0.113.7"],
    ["203.0.113.9/24", "cidr", "203.0.113.0/24"],
    ["2001:db8::1/32", "cidr", "2001:db8::/32"],
    ["Evil.Example.", "domain", "evil.example"],
    ["bücher.example", "domain", "xn--bcher-kva.example"],
    ["hxxps://Evil[.]example/Path?q=1#x", "url", "https://evil.example/Path?q=1"],
    ["http://u:p@evil.example:80/", "url", "http://evil.example/"],
    [SHA256.toUpperCase(), "hash", SHA256],
    ["Boss[at]evil.example", "email", "boss@evil.example"],
  ])("%s is the %s %s", (text, type, value) => {
    expect(normalizeIndicator(text)).toEqual({ ok: true, type, value });
  });

  it.each([
    ["", undefined],
    ["com", undefined],
    ["setup.exe", undefined],
    ["10.0.0.0/4", undefined],
    ["::/0", undefined],
    ["javascript://x", undefined],
    ["999.1.1.1", "ip"],
    ["not a hash", "hash"],
    ["a/b", "file_name"],
  ] as const)("%s as %s is refused with a reason", (text, type) => {
    expect(normalizeIndicator(text, type)).toEqual({ ok: false, message: expect.stringMatching(/\w+ \w+/) });
  });

  it("whatever the text, the form does not change when it is taken again", () => {
    const property = fc.property(
      fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), fc.webUrl(), fc.emailAddress()),
      (text) => {
        const once = normalizeIndicator(text);
        expect(once.ok ? normalizeIndicator(once.value, once.type) : once).toEqual(once);
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });
});

describe("E-6: lists are read", () => {
  it("text, one a line, with remarks", () => {
    expect(readText("\uFEFF# feed\n203.0.113.7 # c2\r\n\n evil.example\n").candidates).toEqual([
      { place: "line 2", value: "203.0.113.7", description: "c2" },
      { place: "line 4", value: "evil.example" },
    ]);
  });

  it("CSV by its heading; what is wrong is named with its line", () => {
    const table =
      'Indicator,TYPE,description,severity,expires\nevil.example,domain,"a, ""b""",1,2030-01-01T00:00:00Z\nx,nonsense,,,\n,ip,,,\ny,,,9,';
    const { candidates, refusals } = readCsv(table);
    expect(candidates).toMatchObject([
      {
        place: "line 2",
        value: "evil.example",
        type: "domain",
        description: 'a, "b"',
        severity: 1,
        expiresAt: "2030-01-01T00:00:00Z",
      },
    ]);
    expect(refusals.map(({ place }) => place)).toEqual(["line 3", "line 4", "line 5"]);
    expect(readCsv('value\n"open').refusals).toHaveLength(1);
  });

  it("STIX 2.1: indicators of a bundle, without revoked ones, other objects and other languages", () => {
    const objects = [
      {
        type: "indicator",
        id: "indicator--1",
        name: "c2",
        pattern: "[ipv4-addr:value = '203.0.113.0/24' OR domain-name:value IN ('a.example', 'b.example')]",
        pattern_type: "stix",
        valid_until: "2030-01-01T00:00:00Z",
      },
      {
        type: "indicator",
        id: "indicator--2",
        pattern: `[file:hashes.'SHA-256' = '${SHA256}'] OR [file:name = 'it\\'s.exe']`,
      },
      { type: "indicator", id: "indicator--3", pattern: "[url:value = 'x']", revoked: true },
      { type: "indicator", id: "indicator--4", pattern: "alert tcp", pattern_type: "snort" },
      { type: "indicator", id: "indicator--5", pattern: "[url:value LIKE 'x%']" },
      { type: "indicator", id: "indicator--6" },
      { type: "malware", id: "malware--1" },
      7,
    ];
    const { candidates, refusals } = readStix(JSON.stringify({ type: "bundle", id: "bundle--1", objects }));
    expect(candidates.map(({ type, value }) => `${type} ${value}`)).toEqual([
      "cidr 203.0.113.0/24",
      "domain a.example",
      "domain b.example",
      `hash ${SHA256}`,
      "file_name it's.exe",
    ]);
    expect(candidates[0]).toMatchObject({
      place: "indicator--1",
      description: "c2",
      expiresAt: "2030-01-01T00:00:00Z",
    });
    expect(refusals.map(({ place }) => place)).toEqual(["indicator--4", "indicator--5", "indicator--6"]);
  });

  it.each([
    ["[a:b = 'x'] FOLLOWEDBY [c:d = 'y']"],
    ["[ipv4-addr:value = '1.2.3.4' AND domain-name:value = 'x.y']"],
    ["[ipv4-addr:value != '1.2.3.4']"],
    ["[process:pid = 1]"],
    ["[ipv4-addr:value = '1.2.3.4'"],
    ["ipv4-addr:value = '1.2.3.4'"],
    ["[ipv4-addr:value IN ('a',)]"],
    [""],
  ])("the pattern %s is refused with a reason", (pattern) => {
    expect(parseStixPattern(pattern)).toEqual({ ok: false, message: expect.stringMatching(/\w+ \w+/) });
  });

  it("nothing makes a reader throw or take long", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "(",
      ",",
      "'",
      "\\",
      "=",
      " OR ",
      "ipv4-addr:value",
      "file:hashes.",
      "IN",
      '"',
      "\n",
      "x",
    );
    const property = fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const text = pieces.join("");
      parseStixPattern(text);
      readStix(text);
      readCsv(text);
      readText(text);
    });
    fc.assert(property, { numRuns: 1_000 });
    const startedMs = performance.now();
    parseStixPattern("[file:hashes.'".repeat(50_000));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
