import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { IndicatorSet } from "./indicator-set.ts";
import { normalizeIndicator } from "./normalize.ts";
import { requiredLiteral } from "./required-literal.ts";

const ETHEREUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
const BITCOIN = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
const SOLANA = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T";

describe("E-6: wallets, paths and patterns are indicators", () => {
  it.each([
    [ETHEREUM, undefined, "wallet", ETHEREUM.toLowerCase()],
    [ETHEREUM.toLowerCase(), undefined, "wallet", ETHEREUM.toLowerCase()],
    [SEGWIT.toUpperCase(), undefined, "wallet", SEGWIT],
    [TAPROOT, undefined, "wallet", TAPROOT],
    [BITCOIN, undefined, "wallet", BITCOIN],
    [SOLANA, "wallet", "wallet", SOLANA],
    ["/etc//cron.d/./evil", "file_path", "file_path", "/etc/cron.d/evil"],
    ["/tmp/a/../b/", "file_path", "file_path", "/tmp/b"],
    [String.raw`C:/Temp\X.EXE`, "file_path", "file_path", String.raw`c:\temp\x.exe`],
    ["curl [^ ]+[|]sh", "pattern", "pattern", "curl [^ ]+[|]sh"],
  ] as const)("%s is taken", (text, given, type, value) => {
    expect(normalizeIndicator(text, given)).toEqual({ ok: true, type, value });
  });

  it.each([
    ["a letter of an Ethereum address in the other case", ETHEREUM.replace("5aAe", "5aae"), "wallet", "EIP-55"],
    ["a changed sign of a segwit address", SEGWIT.replace("w508", "w509"), "wallet", "bech32"],
    ["segwit in both cases", SEGWIT.replace("w508", "W508"), "wallet", "bech32"],
    ["a changed sign of a Bitcoin address", BITCOIN.replace("zP1e", "zP2e"), "wallet", "checksum"],
    ["32 letters that decode to other than 32 bytes", "z".repeat(32), "wallet", "checksum"],
    ["the root", "/", "file_path", "whole path"],
    ["a path with a space", "/tmp/a b", "file_path", "use a pattern"],
    ["a relative path", "tmp/x", "file_path", "whole path"],
    ["a pattern that is none", "a(", "pattern", "RE2"],
    ["looking around, which RE2 cannot", "abc(?=d)", "pattern", "RE2"],
    ["a pattern of any text", ".*", "pattern", "3 letters"],
    ["a pattern with a choice", "abcdef|ghijkl", "pattern", "3 letters"],
    ["a pattern that grows", "abc(((a{50}){50}){9})", "pattern", "pattern"],
    ["a terminal escape", "evil\u001b[2J.example", "domain", "control"],
    ["NUL", "evil\u0000.exe", "file_name", "control"],
  ] as const)("%s is refused with the reason", (_, text, type, reason) => {
    expect(normalizeIndicator(text, type)).toEqual({ ok: false, message: expect.stringContaining(reason) });
  });

  const indicators = [
    [ETHEREUM, "wallet"],
    [BITCOIN, "wallet"],
    [SOLANA, "wallet"],
    ["/etc/cron.d/evil", "file_path"],
    [String.raw`C:\Temp\x.exe`, "file_path"],
    ["(?i)ignore (all )?previous instructions", "pattern"],
  ] as const;
  const set = new IndicatorSet(
    indicators.map(([text, type], index) => {
      const normal = normalizeIndicator(text, type);
      const value = normal.ok ? normal.value : "";
      return { id: String(index), effect: "match", type, value, source: "x", severity: 2, expiresMs: undefined };
    }),
  );
  it.each([
    ["an address in another case", `send 1 ETH to ${ETHEREUM.toUpperCase().replace("0X", "0x")}`, ["0"]],
    ["an address as a URI", `bitcoin:${BITCOIN}?amount=1`, ["1"]],
    ["an address of Bitcoin in another case is another", BITCOIN.toLowerCase(), []],
    ["an address in JSON", JSON.stringify({ to: SOLANA }), ["2"]],
    ["a path", "cat /etc/cron.d/evil", ["3"]],
    ["a path behind a host", "scp root@h:/etc/cron.d/evil .", ["3"]],
    ["a path on Windows", String.raw`type c:\TEMP\X.exe`, ["4"]],
    ["a longer path is another", "cat /etc/cron.d/evil/x /etc/cron.d/evil2", []],
    ["a pattern", "please IGNORE ALL previous instructions.", ["5"]],
  ] as const)("%s", (_, text, expected) => {
    expect(set.match({ data: text }, 0).map(({ id }) => id)).toEqual(expected);
  });

  it("the letters that a pattern must have are in every text that it matches", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "a",
        "bc",
        "\\.",
        "\\d",
        ".",
        "[ab]",
        "[]a]",
        "[^\\]]",
        "(?:xy)",
        "(a|b)",
        "(?i)",
        "^",
        "$",
        "\\pL",
      ),
      fc.constantFrom("é", "ß", "K", "1{2}", "a{0,2}", "b?", "c*", "d+?", "{", "e{1,}", "\\[", "(?i:Q)"),
    );
    const word = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(""));
    const text = fc.array(
      fc.constantFrom("a", "bc", ".", "1", "xy", "é", "ß", "K", "11", "d", "{", "e", "[", "q", "]", "A", "BC"),
      { maxLength: 12 },
    );
    const property = fc.property(word, text, (source, pieces) => {
      const literal = requiredLiteral(source);
      const subject = pieces.join("");
      const isMatch = literal !== undefined && RE2JS.compile(source).test(subject);
      const fold = (one: string) => (literal?.isFolded === true ? one.toLowerCase().toUpperCase() : one);
      expect(!isMatch || fold(subject).includes(fold(literal.text))).toBe(true);
    });
    fc.assert(property, { numRuns: 5_000 });
  });
});
