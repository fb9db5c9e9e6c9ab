import { expect, test } from "vitest";
import { OperatorError } from "../errors.ts";
import { consoleUrl, readConfig } from "./config.ts";

const person = { isRoot: false, userHome: "/home/ada", workingDirectory: "/srv/agents" };

test("defaults: state in the home directory, loopback, port 8080, embedded database, ai-empire", () => {
  expect(readConfig({}, {}, person)).toEqual({
    home: "/home/ada/.firebreak",
    host: "127.0.0.1",
    port: 8080,
    databaseUrl: undefined,
    profileName: "ai-empire",
    publicUrl: undefined,
    logLevel: "info",
    immutableEvidence: true,
    sandbox: undefined,
    resourceGuard: true,
  });
  expect(readConfig({}, {}, { ...person, isRoot: true }).home).toBe("/var/lib/firebreak");
});

test("a flag wins over the environment, and an empty variable counts as not set", () => {
  const env = { FIREBREAK_HOME: "state", PORT: "9000", DATABASE_URL: "", FIREBREAK_LOG_LEVEL: " " };
  expect(readConfig(env, {}, person)).toMatchObject({ home: "/srv/agents/state", port: 9000, databaseUrl: undefined });
  expect(readConfig(env, { port: "0", home: "/else" }, person)).toMatchObject({ home: "/else", port: 0 });
});

test.each([
  [{ PORT: "80x" }, /port is not a number/],
  [{ PORT: "70000" }, /port is not a number/],
  [{ FIREBREAK_HOST: "a b" }, /host to listen on/],
  [{ DATABASE_URL: "mysql://root:hunter2@db/x" }, /not a PostgreSQL address/],
  [{ FIREBREAK_PROFILE: "../etc" }, /profile's name/],
  [{ FIREBREAK_PUBLIC_URL: "ftp://x" }, /FIREBREAK_PUBLIC_URL/],
  [{ FIREBREAK_LOG_LEVEL: "loud" }, /log level/],
])("a wrong setting is named with its remedy: %j", (env, message) => {
  const failure = thrownBy(() => readConfig(env, {}, person));
  expect(failure).toBeInstanceOf(OperatorError);
  expect(String(failure)).toMatch(message);
  expect(String(failure)).not.toContain("hunter2");
  expect(failure).toHaveProperty("remedy", expect.stringMatching(/\w+/));
});

test("the console's address is the public one, else host and bound port", () => {
  const config = readConfig({ FIREBREAK_PUBLIC_URL: "https://fire.example.org/ops/" }, {}, person);
  expect(consoleUrl(config, 1)).toBe("https://fire.example.org/ops");
  expect(consoleUrl({ publicUrl: undefined, host: "::1" }, 8081)).toBe("http://[::1]:8081");
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown;
  }
}
