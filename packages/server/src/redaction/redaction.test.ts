import { describe, expect, it } from "vitest";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "./index.ts";
import { KEY_FORMATS, PUBLISHED_EXAMPLES } from "./key-formats.ts";
import { ALPHABETS, createKeyMaker } from "./testing.ts";

const redactor = createRedactor(DEFAULT_REDACTION);
const mask = (text: string) => redactor.maskText(text);
const { take } = createKeyMaker(7);
const token = () => `ghp_${take(ALPHABETS.alnum, 36)}`;

describe("D-5: keys that their beginning gives away", () => {
  for (const { type, prefixes, of, min, max } of KEY_FORMATS) {
    for (const prefix of prefixes) {
      const makeKey = (length: number) => prefix + take(ALPHABETS[of], length);
      it(`${type} ${prefix}: found as it stands, quoted and in a sentence, and named`, () => {
        const key = makeKey(max ?? min + 4);
        const { data, facts } = redactor.redactEvent({ data: { a: key, b: `use '${key}', please.`, c: `x=${key};` } });
        expect(data).toEqual({ a: expect.any(String), b: expect.any(String), c: expect.any(String) });
        expect(JSON.stringify(data)).not.toContain(key);
        expect(JSON.stringify(data)).toContain("use '[REDACTED: KEY]', please.");
        expect(facts.map((fact) => fact.type)).toContain(type);
      });
      it(`${type} ${prefix}: shorter, repeated and masked ones are not`, () => {
        const short = makeKey(Math.min(8, min - 1));
        for (const text of [short, `${prefix}${"x".repeat(max ?? min)}`, `${prefix}...`, prefix]) {
          expect(mask(`before ${text} after`)).toBe(`before ${text} after`);
        }
      });
    }
  }

  it("leaves the keys of vendors' documents", () => {
    for (const example of PUBLISHED_EXAMPLES) expect(mask(`key ${example} here`)).toBe(`key ${example} here`);
  });
});

describe("D-5: keys that something else gives away", () => {
  const pem = (kind: string) => `-----BEGIN ${kind}-----\n${take(ALPHABETS.base64, 64)}\n-----END ${kind}-----`;
  it.each([
    ["a private key", `a ${pem("RSA PRIVATE KEY")} b`, "a [REDACTED: KEY] b"],
    ["an OpenSSH key", pem("OPENSSH PRIVATE KEY"), "[REDACTED: KEY]"],
    ["a PGP key", pem("PGP PRIVATE KEY BLOCK"), "[REDACTED: KEY]"],
    ["a private key that is cut off", `x ${pem("PRIVATE KEY").slice(0, 70)}`, "x [REDACTED: KEY]"],
    [
      "a JSON Web Token",
      `t eyJ${take(ALPHABETS.word, 20)}.eyJ${take(ALPHABETS.word, 30)}.${take("abc", 20)} u`,
      "t [REDACTED: KEY] u",
    ],
    ["a Telegram token", `${take("123456789", 10)}:AA${take(ALPHABETS.alnum, 33)}`, "[REDACTED: KEY]"],
    ["a Twilio key", `SK${take(ALPHABETS.hex, 32)}`, "[REDACTED: KEY]"],
    ["a Terraform token", `${take(ALPHABETS.alnum, 14)}.atlasv1.${take(ALPHABETS.alnum, 64)}`, "[REDACTED: KEY]"],
    ["a Mailchimp key", `${take(ALPHABETS.hex, 32)}-us12`, "[REDACTED: KEY]"],
    ["an Azure client secret", `${take(ALPHABETS.alnum, 3)}8Q~${take(ALPHABETS.alnum, 33)}`, "[REDACTED: KEY]"],
    [
      "the password of a connection",
      "postgres://app:s3cr3t@db.example.org/x",
      "postgres://app:[REDACTED: PWD]@db.example.org/x",
    ],
    ["a password with an @", "amqp://u:p@ss:w0rd@mq:5672", "amqp://u:[REDACTED: PWD]@mq:5672"],
    ["a bearer token", `Authorization: Bearer ${take(ALPHABETS.word, 30)}1`, "Authorization: Bearer [REDACTED: KEY]"],
    ["basic authentication", `Basic ${Buffer.from("ada:lovelace").toString("base64")}`, "Basic [REDACTED: PWD]"],
    ["curl's user", "curl -u ada:lovelace https://example.org", "curl -u ada:[REDACTED: PWD] https://example.org"],
    ["a cookie", `Cookie: sid=${take(ALPHABETS.alnum, 24)}; x=1`, "Cookie: [REDACTED: KEY]"],
  ])("%s", (_, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it("a Bitcoin key by its checksum, and not another text of that length", () => {
    // the private key 1, from the test vectors of every library
    const key = ["5HpHagT65TZzG1PH3CSu63k8D", "bpvD8s5ip4nEB3kEsreAnchuDf"].join("");
    expect(mask(`wallet ${key}`)).toBe("wallet [REDACTED: KEY]");
    const other = `${key.slice(0, -1)}a`;
    expect(mask(`wallet ${other}`)).toBe(`wallet ${other}`);
  });

  it("a seed phrase by its words and checksum, with numbers, commas and lines between", () => {
    const words = "legal winner thank year wave sausage worth useful legal winner thank yellow".split(" ");
    expect(mask(`seed: ${words.join(" ")}.`)).toBe("seed: [REDACTED: KEY].");
    expect(mask(words.map((word, at) => `${at + 1}. ${word}`).join("\n"))).toBe("1. [REDACTED: KEY]");
    expect(mask(words.join(",\n").toUpperCase())).toBe("[REDACTED: KEY]");
    expect(mask("true; ".repeat(5_000))).toBe("true; ".repeat(5_000));
    const many = "abandon ability able about above absent absorb abstract absurd abuse access accident ".repeat(40);
    expect(mask(`${many}${words.join(" ")}`)).not.toContain("sausage");
    const wrong = words.toReversed().join(" ");
    expect(mask(wrong)).toBe(wrong);
  });
});

describe("D-5: values that their name makes secret", () => {
  const secret = take(ALPHABETS.alnum, 20);
  it.each([
    ["password=hunter2", "password=[REDACTED: PWD]"],
    ["DB_PASSWORD: 'tiger cat'", "DB_PASSWORD: '[REDACTED: PWD]'"],
    ['{"dbPassword": "tiger"}', '{"dbPassword": "[REDACTED: PWD]"}'],
    ["mysql --password tiger -u x", "mysql --password [REDACTED: PWD] -u x"],
    ["the password is tiger7.", "the password is [REDACTED: PWD]"],
    [`api_key = "${secret}"`, 'api_key = "[REDACTED: KEY]"'],
    [`export CLIENT_SECRET=${secret}`, "export CLIENT_SECRET=[REDACTED: KEY]"],
    [`https://example.org/?access_token=${secret}&x=1`, "https://example.org/?access_token=[REDACTED: KEY]&x=1"],
    [`x-api-key: ${secret}`, "x-api-key: [REDACTED: KEY]"],
    [`AccountKey=${secret}==;EndpointSuffix=x`, "AccountKey=[REDACTED: KEY];EndpointSuffix=x"],
    ["ssn: 123456789", "ssn: [REDACTED: SSN]"],
  ])("%s", (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each([
    "password is required",
    "Password: incorrect",
    "the token limit is 4096 tokens",
    "max_tokens=4096000000",
    "PWD=/home/ada OLDPWD=/tmp",
    "token = getToken(request)",
    'password: readFileSync("x", "utf8"),',
    "const setPassword = (password: string) =>",
    "api_key = process.env.API_KEY",
    "password=${DB_PASSWORD}",
    "secret: <your secret here>",
    "password=********",
    "password_hash_algorithm=argon2id1",
    "the secret to success is patience",
    "token_type: bearer",
    "SECRET_KEY_FILE=/run/secrets/key1",
    "commit 3f1a0c9d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
    "docker run -u 1000:1000 image",
    "https://example.org:8080/a@b",
    "key: exec_log",
  ])("not: %s", (text) => {
    expect(mask(text)).toBe(text);
  });
});

describe("D-5: what tells of a person", () => {
  it.each([
    ["SSN 123-45-6789", "SSN [REDACTED: SSN]"],
    ["card 4111 1111 1111 1111 12/29", "card [REDACTED: CC] 12/29"],
    ["5555555555554444", "[REDACTED: CC]"],
    ["amex 3782-822463-10005", "amex [REDACTED: CC]"],
    ["IBAN DE89 3704 0044 0532 0130 00 BIC X", "IBAN [REDACTED: BANK] BIC X"],
    ["GB82WEST12345698765432", "[REDACTED: BANK]"],
    ["mail ada.l+x@sub.example.org.", "mail [REDACTED: EMAIL]."],
    ["to ada@example.org: hello", "to [REDACTED: EMAIL]: hello"],
    ["call +49 170 1234567 now", "call [REDACTED: PHONE] now"],
    ["(415) 555-2671 or 415-555-2671", "[REDACTED: PHONE] or [REDACTED: PHONE]"],
    ["born on 3 February 1980", "born on [REDACTED: DOB]"],
    ["date of birth: 1980-02-03", "date of birth: [REDACTED: DOB]"],
    ["at 12 Main Street, Springfield", "at [REDACTED: ADDR], Springfield"],
    ["Lange Hauptstraße 12a", "Lange [REDACTED: ADDR]"],
  ])("%s", (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each([
    "2026-03-01T12:00:00.000Z 1760000000000",
    "000-12-3456 666-12-3456 123-00-4567",
    "4111 1111 1111 1112",
    "4444444444444444",
    "DE89 3704 0044 0532 0130 01",
    "git@github.com:example/project.git",
    "ssh://ada@host.example.org/x",
    "scp -r data ada@host.example.org:/tmp",
    "ssh -p 22 ada@host.example.org uptime",
    "10.20.30.40 and version 1.2.3-4",
    "see Stage 2 of the plan, page 12",
    "npm i @scope/pkg@1.2.3",
    "uuid 123e4567-e89b-12d3-a456-426614174000",
  ])("not: %s", (text) => {
    expect(mask(text)).toBe(text);
  });
});

const lettersOf = (text: string) => text.split("");

describe("D-5: evasions", () => {
  const key = token();
  it.each([
    ["base64", (text: string) => Buffer.from(`key ${text}`).toString("base64")],
    ["a percent sign in the URL", (text: string) => text.replace("_", "%5F").replace("g", "%67")],
    ["escapes of JSON", (text: string) => text.replace("g", String.raw`\u0067`).replace("_", String.raw`\x5f`)],
    ["JSON inside JSON", (text: string) => JSON.stringify(JSON.stringify({ a: text }))],
    ["invisible characters", (text: string) => lettersOf(text).join("\u200b")],
    [
      "tag characters",
      (text: string) =>
        lettersOf(text)
          .map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0)))
          .join(""),
    ],
    [
      "full-width letters",
      (text: string) =>
        lettersOf(text)
          .map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))
          .join(""),
    ],
    ["HTML numbers", (text: string) => text.replace("h", "&#104;")],
    ["a line end in the middle", (text: string) => `${text.slice(0, 20)}\n    ${text.slice(20)}`],
    ["two strings put together", (text: string) => `"${text.slice(0, 20)}" + "${text.slice(20)}"`],
    ["a word before it", (text: string) => `mytoken${text}`],
    ["a word behind it", (text: string) => `${text}suffix`],
  ])("%s does not hide a key", (_, hide) => {
    const hidden = hide(key);
    const masked = mask(`text ${hidden} text`);
    expect(masked).toContain("[REDACTED: KEY]");
    expect(masked).not.toContain(hidden.slice(8, 30));
  });

  it.each([
    ["spaces between all letters", (text: string) => lettersOf(text).join(" ")],
    ["the letters in reverse", (text: string) => lettersOf(text).toReversed().join("")],
    ["base64 twice", (text: string) => Buffer.from(Buffer.from(text).toString("base64")).toString("base64")],
    ["hexadecimal", (text: string) => Buffer.from(text).toString("hex")],
  ])("%s does, as the documents say", (_, hide) => {
    expect(mask(hide(key))).toBe(hide(key));
  });
});
