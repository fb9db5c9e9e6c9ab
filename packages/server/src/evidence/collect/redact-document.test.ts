import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  record,
  string,
} from "fast-check";
import { stringify } from "yaml";
import { describe, expect, test } from "vitest";
import { redactDocument, redactJson, redactLines } from "./redact-document.ts";

describe("E-8: configuration is kept without its secrets", () => {
  test("of JSON, also with comments, by the names of keys at any depth", () => {
    const text = `{
      // the old one was hunter3hunter3
      gateway: { auth: { mode: "token", token: "hunter2hunter2" }, port: 18789 },
      models: { providers: { x: { apiKey: "hunter2hunter2", maxTokens: 4096 } } },
      credentials: { a: { user: "ada", value: "hunter2hunter2" } },
      args: ["--token", "hunter2hunter2", "--verbose"],
    }`;
    const { text: kept, redactions } = redactDocument("openclaw.json", text);
    expect(kept).not.toMatch(/hunter[23]/);
    expect(redactions).toBe(5);
    expect(JSON.parse(kept)).toMatchObject({
      gateway: { auth: { mode: "token" }, port: 18789 },
      models: { providers: { x: { maxTokens: 4096 } } },
    });
  });

  test("of YAML with several documents, anchors and block texts", () => {
    const text = "a: &x\n  password: |\n    hunter2\n    hunter2hunter2\nb: *x\n---\nsecret_key: [hunter2, hunter2]\n";
    const { text: kept } = redactDocument("config.yml", text);
    expect(kept).not.toContain("hunter2");
    expect(kept).toContain('"b"');
  });

  test("of what has no grammar that is known, line by line", () => {
    const text = [
      "# comment",
      "export API_KEY='hunter2hunter2'",
      "db.password = hunter2hunter2",
      '"client_secret": "hunter2hunter2",',
      "0 * * * * curl -H 'Authorization: Bearer hunter2hunter2hunter2' https://x",
      "PORT=8080",
    ].join("\n");
    const { text: kept } = redactLines(text);
    expect(kept).not.toContain("hunter2");
    expect(kept).toContain("PORT=8080");
    expect(kept).toContain("# comment");
  });

  test("what holds no secret stays as it was written", () => {
    const text = "# why\nport: 8080 # the usual\n";
    expect(redactDocument("plain.yaml", text)).toEqual({ text, redactions: 0 });
  });

  test("what claims to be JSON and is none still loses its secrets", () => {
    const { text } = redactDocument("broken.json", '{ "apiKey": "hunter2hunter2",, ');
    expect(text).not.toContain("hunter2");
  });

  test("a bomb of aliases and a deep document end", () => {
    const bomb = `a: &a [x, x, x]\n${"bcdefghij"
      .split("")
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(", ")}]`)
      .join("\n")}\npassword: hunter2hunter2\n`;
    expect(redactDocument("bomb.yaml", bomb).text).not.toContain("hunter2");
    const deep = `${"[".repeat(5_000)}"x"${"]".repeat(5_000)}`;
    expect(redactDocument("deep.json", deep).text.length).toBeGreaterThan(0);
  });

  test("no secret survives in any place of any document, in either form", () => {
    const leaf = oneof(integer(), boolean(), constant(null), string({ maxLength: 8 }));
    const names = constantFrom("apiKey", "password", "client_secret", "authToken", "PRIVATE_KEY", "credentials");
    const secret = "hunter2hunter2hunter2";
    const holder = letrec((tie) => ({
      node: oneof(
        { maxDepth: 4 },
        record({ name: names }).map(({ name }) => ({ [name]: secret })),
        dictionary(constantFrom("a", "b", "list", "auth"), oneof(leaf, tie("node")), { maxKeys: 3 }),
        array(tie("node"), { maxLength: 3 }),
      ),
    })).node;
    assert(
      property(holder, (value) => {
        for (const [name, text] of [
          ["x.json", JSON.stringify(value)],
          ["x.yaml", stringify(value)],
        ] as const) {
          if (redactDocument(name, text).text.includes(secret)) return false;
        }
        return !JSON.stringify(redactJson(value).value).includes(secret);
      }),
      { numRuns: 200 },
    );
  });
});
