import { describe, expect, test } from "vitest";
import { upkeepEffectors } from "../containment/index.ts";
import { DEFAULT_REDACTION, profileSchema } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { findSecretParameters } from "./secret-parameters.ts";

const settings = profileSchema.shape.effectors.parse({});
const redactor = createRedactor(DEFAULT_REDACTION);
const effectors = upkeepEffectors({ settings, services: [], readSecret: async () => undefined, redactor });
const find = (name: string, given: unknown) => {
  const effector = effectors.find((one) => one.name === name);
  return effector === undefined ? null : findSecretParameters(effector.parameters, given);
};

describe("secrets among the parameters of actions", () => {
  test("C-6: a password, or the key of a backup, is found wherever it stands", () => {
    expect(find("check.redis", { password: "x" })).toEqual(["password"]);
    expect(find("check.postgres", { password: 7, user: "ada" })).toEqual(["password"]);
    const source = { password: "x", database: "shop" };
    const backup = { kind: "postgres", source, to: "/srv", key: "y" };
    expect(find("backup.create", backup)?.toSorted()).toEqual(["key", "source/password"]);
    expect(find("backup.restore", { kind: "redis", to: { password: "x" } })).toEqual(["to/password"]);
  });

  test("C-6: what is no secret is none", () => {
    expect(find("check.redis", { port: 6379 })).toEqual([]);
    expect(find("backup.create", { kind: "folder", source: "/srv/password", to: "/srv" })).toEqual([]);
    expect(find("disk.clean", { folder: "/srv/password" })).toEqual([]);
    expect(find("check.redis", null)).toEqual([]);
  });

  test("C-6: these are all, and nothing else is taken for one", () => {
    const named = effectors.flatMap(({ name, parameters }) => {
      const given = { password: "x", key: "x", source: { password: "x" }, to: { password: "x" } };
      return findSecretParameters(parameters, given).map((path) => `${name} ${path}`);
    });
    expect(named.toSorted()).toEqual([
      "backup.create key",
      "backup.create source/password",
      "backup.restore key",
      "backup.restore to/password",
      "check.backup key",
      "check.postgres password",
      "check.redis password",
      "redis.set_memory password",
    ]);
  });
});
