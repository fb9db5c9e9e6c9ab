import { describe, expect, it } from "vitest";
import type { RedactionPolicy } from "../kernel/index.ts";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "./index.ts";
import { ALPHABETS, createKeyMaker } from "./testing.ts";

const { take } = createKeyMaker(11);
const token = `ghp_${take(ALPHABETS.alnum, 36)}`;
const withPolicy = (policy: Partial<RedactionPolicy>) => createRedactor({ ...DEFAULT_REDACTION, ...policy });
const redactor = withPolicy({});

describe("E-8: an event is redacted on the way in", () => {
  it("wherever a text stands: source, resource, values, lists and names of members", () => {
    const event = {
      source: `collector ${token}`,
      resource: `https://ada:tiger7@example.org/`,
      data: { output: [{ text: `a ${token} b ${token}` }], [token]: 1, plain: "x", n: 5, t: true, none: null },
    };
    const { source, resource, data, facts } = redactor.redactEvent(event);
    expect({ source, resource, data }).toEqual({
      source: "collector [REDACTED: KEY]",
      resource: "https://ada:[REDACTED: PWD]@example.org/",
      data: {
        output: [{ text: "a [REDACTED: KEY] b [REDACTED: KEY]" }],
        "[REDACTED: KEY]": 1,
        plain: "x",
        n: 5,
        t: true,
        none: null,
      },
    });
    expect(facts).toEqual([
      { category: "KEY", type: "github_token", path: "source", count: 1 },
      { category: "PWD", type: "url_password", path: "resource", count: 1 },
      { category: "KEY", type: "github_token", path: "data.output.text", count: 2 },
      { category: "KEY", type: "github_token", path: "data", count: 1 },
    ]);
  });

  it("by the names of members, whole, and numbers too", () => {
    const { data } = redactor.redactEvent({
      data: {
        password: "two words",
        apiKey: take(ALPHABETS.alnum, 20),
        first_name: "Ada",
        card: 4_111_111_111_111_111,
        account_number: 123_456_789,
        total_tokens: 123_456_789,
        argv: ["mysql", "--password", "tiger", "--port", "3306"],
      },
    });
    expect(data).toEqual({
      password: "[REDACTED: PWD]",
      apiKey: "[REDACTED: KEY]",
      first_name: "[REDACTED: NAME]",
      card: "[REDACTED: CC]",
      account_number: "[REDACTED: BANK]",
      total_tokens: 123_456_789,
      argv: ["mysql", "--password", "[REDACTED: PWD]", "--port", "3306"],
    });
    expect(redactor.maskArguments(["mysql", "--password", "tiger"])).toEqual([
      "mysql",
      "--password",
      "[REDACTED: PWD]",
    ]);
  });

  it("gives back the same object when there is nothing to take out, and never changes the one it was given", () => {
    const data = { a: { b: ["text", 1] } };
    expect(redactor.redactEvent({ data }).data).toBe(data);
    const secret = { a: { b: [token] } };
    redactor.redactEvent({ data: secret });
    expect(secret.a.b).toEqual([token]);
  });

  it("keeps two members apart whose names become one", () => {
    const other = `ghp_${take(ALPHABETS.alnum, 36)}`;
    const { data } = redactor.redactEvent({ data: { [token]: 1, [other]: 2 } });
    expect(new Set(Object.values(data ?? {}))).toEqual(new Set([1, 2]));
  });

  it("redacts again what is redacted without a change", () => {
    const once = redactor.maskText(`a ${token} password=tiger ada@example.org 4111111111111111`);
    expect(redactor.maskText(once)).toBe(once);
  });

  it("tells of fifty places at most and takes out all", () => {
    const data = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`m${at}`, token]));
    const redacted = redactor.redactEvent({ data });
    expect(redacted.facts).toHaveLength(50);
    expect(JSON.stringify(redacted.data)).not.toContain(token);
  });
});

describe("E-8: the policy", () => {
  const event = { data: { a: token, b: "ada@example.org", c: "4111111111111111", d: "10.1.2.3" } };

  it("detect tells and leaves, but masks what leaves the event", () => {
    const { data, facts } = withPolicy({ secrets: "detect", pii: "detect" }).redactEvent(event);
    expect(data).toBe(event.data);
    expect(facts.map(({ category }) => category)).toEqual(["KEY", "EMAIL", "CC"]);
    expect(withPolicy({ secrets: "detect" }).maskText(token)).toBe("[REDACTED: KEY]");
  });

  it("off does nothing, for secrets and for personal data each", () => {
    expect(withPolicy({ secrets: "off", pii: "off" }).redactEvent(event)).toMatchObject({
      data: event.data,
      facts: [],
    });
    expect(withPolicy({ secrets: "off" }).redactEvent(event).data).toMatchObject({ a: token, b: "[REDACTED: EMAIL]" });
    expect(withPolicy({ pii: "off" }).redactEvent(event).data).toEqual({ ...event.data, a: "[REDACTED: KEY]" });
  });

  it("always looks for numbers of persons, and for the rest by choice", () => {
    const { data } = withPolicy({ categories: ["IP"] }).redactEvent(event);
    expect(data).toMatchObject({ b: "ada@example.org", c: "[REDACTED: CC]", d: "[REDACTED: IP]" });
  });

  it("leaves what is allowed, a whole domain too", () => {
    const { data } = withPolicy({ allow: ["@Example.org", "4111111111111111", token] }).redactEvent(event);
    expect(data).toEqual(event.data);
  });

  it("takes own patterns with own tokens", () => {
    const custom = [
      { name: "employee", pattern: "EMP-[0-9]{6}" },
      { name: "case", pattern: "case [0-9]+", redaction: "<case>" },
    ];
    const { data, facts } = withPolicy({ custom }).redactEvent({ data: { a: "EMP-123456 in case 77" } });
    expect(data).toEqual({ a: "[REDACTED: employee] in <case>" });
    expect(facts).toMatchObject([
      { category: "CUSTOM", type: "employee" },
      { category: "CUSTOM", type: "case" },
    ]);
  });
});

describe("E-8: what a policy may choose", () => {
  const chosen = withPolicy({ categories: ["USER", "LOC"] });
  const data = {
    user_id: 42,
    customerId: "c-1017",
    home_location: "Berlin, Mitte",
    latitude: 52.52,
    city: "Paris",
    total: 42,
    text: "seen at 52.5200, 13.4050 by user_id=u-77, version 1.2345, 6.7890 of it",
  };

  it("names of users and places, by name and as coordinates, and numbers of any size", () => {
    expect(chosen.redactEvent({ data }).data).toEqual({
      user_id: "[REDACTED: USER]",
      customerId: "[REDACTED: USER]",
      home_location: "[REDACTED: LOC]",
      latitude: "[REDACTED: LOC]",
      city: "[REDACTED: LOC]",
      total: 42,
      text: "seen at [REDACTED: LOC] by user_id=[REDACTED: USER], version [REDACTED: LOC] of it",
    });
  });

  it("leaves them where it does not name them", () => {
    expect(redactor.redactEvent({ data }).data).toBe(data);
  });

  it.each([
    ["[REDACTED: EMAIL]", "[REDACTED: KEY]"],
    ["[EMAIL_REDACTED]", "[KEY_REDACTED]"],
    ["[REDACTED]", "[REDACTED]"],
  ] as const)("tokens in the style of %s", (style, key) => {
    const styled = withPolicy({ token: style });
    expect(styled.maskText(`ada@example.org ${token}`)).toBe(`${style} ${key}`);
    // what was taken out is not taken out again
    const once = styled.redactEvent({ data: { password: "tiger7", email: "ada@example.org" } });
    expect(styled.redactEvent({ data: once.data })).toMatchObject({ data: once.data, facts: [] });
  });
});
