import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refuseReporter } from "./caller.ts";
import { listOperatorAddresses } from "./operator-addresses.ts";
import { issueSignInLink, signIn, signInByLink, signOut } from "./sign-in.ts";
import { createTestAccess } from "./testing.ts";
import type { TestAccess } from "./testing.ts";
import { createSessionToken, createToken, listTokens, revokeSessionTokens, revokeToken } from "./tokens.ts";
import {
  createUser,
  disableUser,
  ensureOwner,
  isPasswordNeeded,
  listUsers,
  resetPassword,
  setPassword,
} from "./users.ts";
import { WEB_SESSION_ABSOLUTE_MS, WEB_SESSION_IDLE_MS } from "./web-sessions.ts";

const PASSWORD = "a long pass phrase";
const ADDRESS = "192.0.2.1";
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

let room: TestAccess;
beforeAll(async () => {
  room = await createTestAccess("fbk_local_" + "x".repeat(43));
});
afterAll(() => room.close());

let people = 0;
async function newPerson(role: "viewer" | "responder" | "admin" = "responder") {
  people += 1;
  const name = `person${people}`;
  const user = await createUser(room.ctx, { name, role, password: PASSWORD });
  return { user, name, signIn: (password = PASSWORD) => signIn(room.ctx, { name, password, address: ADDRESS }) };
}

const authenticate = (credentials: {
  cookie?: string;
  bearer?: string;
  user?: string;
  address?: string;
  passive?: boolean;
}) => room.ctx.authenticator.authenticate(credentials);

describe("O-5: users and web sessions", () => {
  test("the right password opens a session that its cookie stands for, until sign-out", async () => {
    const person = await newPerson();
    const { session, caller } = await person.signIn();
    const found = await authenticate({ cookie: session.cookie });
    expect(found).toEqual(caller);
    expect(found).toMatchObject({
      access: "responder",
      actor: { kind: "person", id: person.user.id, name: person.name },
    });
    await signOut(room.ctx, caller);
    expect(await authenticate({ cookie: session.cookie })).toBeNull();
  });

  test("neither passwords nor secrets of cookies, tokens and links are in the database", async () => {
    const person = await newPerson();
    const { session } = await person.signIn();
    const { token } = await createToken(room.ctx, { name: "t", access: "viewer" });
    const link = await issueSignInLink(room.ctx, { name: person.name });
    const { rows } = await room.database.pool.query<{ text: string }>(
      `select t::text as text from users t union all select t::text from web_sessions t union all
       select t::text from api_tokens t union all select t::text from sign_in_links t union all select t::text from audit_log t`,
    );
    const everything = rows.map((row) => row.text).join("\n");
    expect(everything).toContain("$scrypt$");
    for (const secret of [PASSWORD, session.cookie, token.slice(-43), link.token]) {
      expect(everything).not.toContain(secret);
    }
  });

  test("a wrong password, an unknown name and a disabled user fail with the same words", async () => {
    const person = await newPerson();
    await disableUser(room.ctx, { id: person.user.id });
    const other = await newPerson();
    const attempts = [
      person.signIn(),
      other.signIn("wrong password"),
      signIn(room.ctx, { name: "nobody", password: PASSWORD, address: ADDRESS }),
    ];
    const faults = await Promise.all(
      attempts.map((attempt) =>
        attempt.then(
          () => null,
          (fault: unknown) => fault,
        ),
      ),
    );
    for (const fault of faults) {
      expect(fault).toMatchObject({ code: "sign_in_failed", message: "The name or the password is not right." });
    }
  });

  test("C-4: where people and their tokens come from is known while they are at work; agents do not count", async () => {
    const person = await newPerson();
    const { session } = await person.signIn();
    const { token } = await createToken(room.ctx, { name: "laptop", access: "responder" });
    const { token: agent } = await createToken(room.ctx, { name: "bot", access: "agent", agentId: "bot" });
    const hosts = async () =>
      (await listOperatorAddresses(room.database, room.clock.now())).map(({ host }) => host).toSorted();
    await authenticate({ cookie: session.cookie, address: "192.0.2.7" });
    await authenticate({ bearer: token, address: "192.0.2.8" });
    await authenticate({ bearer: agent, address: "192.0.2.9" });
    expect(await hosts()).toEqual(["192.0.2.7", "192.0.2.8"]);
    await authenticate({ cookie: session.cookie, address: "192.0.2.17" });
    await authenticate({ cookie: session.cookie, address: "192.0.2.66", passive: true });
    await authenticate({ bearer: token, address: "192.0.2.18" });
    expect(await hosts(), "it moves with them at once").toEqual(["192.0.2.17", "192.0.2.18"]);
    await disableUser(room.ctx, { id: person.user.id });
    room.clock.advance(WEB_SESSION_IDLE_MS);
    expect(await hosts()).toEqual([]);
  });

  test("names differ in more than capitals", async () => {
    const person = await newPerson();
    await expect(
      createUser(room.ctx, { name: person.name.toUpperCase(), role: "admin", password: PASSWORD }),
    ).rejects.toMatchObject({
      code: "conflict",
    });
    const { caller } = await signIn(room.ctx, {
      name: person.name.toUpperCase(),
      password: PASSWORD,
      address: ADDRESS,
    });
    expect(caller.actor.name).toBe(person.name);
  });

  test("a session ends after twelve idle hours, and after seven days of use", async () => {
    const person = await newPerson();
    const idle = (await person.signIn()).session.cookie;
    room.clock.advance(WEB_SESSION_IDLE_MS);
    expect(await authenticate({ cookie: idle })).toBeNull();

    const busy = (await person.signIn()).session.cookie;
    for (let usedMs = 0; usedMs + 6 * HOUR_MS < WEB_SESSION_ABSOLUTE_MS; usedMs += 6 * HOUR_MS) {
      expect(await authenticate({ cookie: busy }), `after ${usedMs / HOUR_MS} hours`).not.toBeNull();
      room.clock.advance(6 * HOUR_MS);
    }
    room.clock.advance(6 * HOUR_MS);
    expect(await authenticate({ cookie: busy })).toBeNull();
  });

  test("cookies that are not ours are nobody", async () => {
    for (const cookie of ["", "x", "x".repeat(43), "'; drop table users; --", "x".repeat(100_000)]) {
      expect(await authenticate({ cookie })).toBeNull();
    }
  });

  test("a new password needs the current one and signs out every other browser", async () => {
    const person = await newPerson();
    const here = await person.signIn();
    const elsewhere = await person.signIn();
    const change = (currentPassword?: string) =>
      setPassword(room.ctx, {
        caller: here.caller,
        address: ADDRESS,
        password: "another long phrase",
        ...(currentPassword === undefined ? {} : { currentPassword }),
      });
    for (const current of [undefined, "not the password"]) {
      await expect(change(current)).rejects.toMatchObject({
        code: "invalid_body",
        errors: [{ where: "/currentPassword" }],
      });
    }
    await change(PASSWORD);
    expect(await authenticate({ cookie: here.session.cookie })).not.toBeNull();
    expect(await authenticate({ cookie: elsewhere.session.cookie })).toBeNull();
    await expect(person.signIn()).rejects.toMatchObject({ code: "sign_in_failed" });
    await person.signIn("another long phrase");
  });

  test("passwords under twelve characters are refused", async () => {
    await expect(createUser(room.ctx, { name: "short", role: "viewer", password: "eleven char" })).rejects.toThrow(
      /12 characters/,
    );
  });

  test("disabling a user ends his sessions; the last administrator stays", async () => {
    const person = await newPerson("viewer");
    const { session } = await person.signIn();
    const view = await disableUser(room.ctx, { id: person.user.id });
    expect(view.disabledAt).not.toBeNull();
    expect(await authenticate({ cookie: session.cookie })).toBeNull();
    const admins = (await listUsers(room.ctx)).filter((user) => user.role === "admin" && user.disabledAt === null);
    const last = admins[0] ?? (await newPerson("admin")).user;
    await expect(disableUser(room.ctx, { id: last.id })).rejects.toMatchObject({ code: "conflict" });
  });

  test("after ten wrong passwords a name waits, whoever asks; success clears the count", async () => {
    const person = await newPerson();
    const fault = (promise: Promise<unknown>) =>
      promise.then(
        () => null,
        (thrown: unknown) => thrown,
      );
    const wrong = (i: number) =>
      fault(signIn(room.ctx, { name: person.name, password: "not the password", address: `198.51.100.${i}` }));
    const first = await Promise.all(Array.from({ length: 12 }, (_, i) => wrong(i)));
    expect(first.filter((thrown) => Object(thrown).code === "sign_in_failed")).toHaveLength(10);
    expect(await fault(person.signIn())).toMatchObject({ code: "too_many_requests", retryAfterSeconds: 300 });
    room.clock.advance(300_000);
    await person.signIn();
    expect(await wrong(1)).toMatchObject({ code: "sign_in_failed" });
  });
});

describe("O-5: the owner and one-time links", () => {
  test("the owner is made once, and comes in by a link that works once, even for two at the same moment", async () => {
    const first = await ensureOwner(room.ctx);
    expect(first).toMatchObject({ passwordNeeded: true, user: { name: "owner", role: "admin" } });
    expect((await ensureOwner(room.ctx)).user.id).toBe(first.user.id);

    const { token, expiresAtMs } = await issueSignInLink(room.ctx, { name: "owner" });
    expect(expiresAtMs - room.clock.now()).toBe(15 * 60_000);
    const tries = await Promise.allSettled(
      Array.from({ length: 4 }, () => signInByLink(room.ctx, { token, address: ADDRESS })),
    );
    const entered = tries.filter((result) => result.status === "fulfilled");
    expect(entered).toHaveLength(1);
    const caller = entered[0]?.value.caller;
    expect(caller).toMatchObject({ access: "admin" });
    if (caller === undefined) return;
    expect(await isPasswordNeeded(room.ctx, caller)).toBe(true);
    await setPassword(room.ctx, { caller, address: ADDRESS, password: PASSWORD });
    expect(await isPasswordNeeded(room.ctx, caller)).toBe(false);
    await signIn(room.ctx, { name: "owner", password: PASSWORD, address: ADDRESS });
  });

  test("a link is dead after fifteen minutes", async () => {
    const person = await newPerson();
    const { token } = await issueSignInLink(room.ctx, { name: person.name });
    room.clock.advance(15 * 60_000);
    await expect(signInByLink(room.ctx, { token, address: ADDRESS })).rejects.toMatchObject({ code: "sign_in_failed" });
  });

  test("a reset password lets its user in by a link, without the old one", async () => {
    const person = await newPerson();
    await resetPassword(room.ctx, { name: person.name });
    await expect(person.signIn()).rejects.toMatchObject({ code: "sign_in_failed" });
    const { token } = await issueSignInLink(room.ctx, { name: person.name });
    const { caller, passwordNeeded } = await signInByLink(room.ctx, { token, address: ADDRESS });
    expect(passwordNeeded).toBe(true);
    await setPassword(room.ctx, { caller, address: ADDRESS, password: "a third long phrase" });
    await person.signIn("a third long phrase");
  });

  test("guessing links is limited by address", async () => {
    const guess = () => signInByLink(room.ctx, { token: "x".repeat(43), address: "203.0.113.9" });
    for (let i = 0; i < 50; i++) await expect(guess()).rejects.toMatchObject({ code: "sign_in_failed" });
    await expect(guess()).rejects.toMatchObject({ code: "too_many_requests" });
  });
});

describe("O-5: API tokens", () => {
  test("a token works until it is revoked, at once", async () => {
    const made = await createToken(room.ctx, { name: "ci", access: "responder" });
    expect(made.token).toMatch(/^fbk_tok_[0-9A-Z]{26}_[A-Za-z0-9_-]{43}$/);
    expect(await authenticate({ bearer: made.token })).toMatchObject({
      access: "responder",
      actor: { kind: "token", id: made.id, name: "ci" },
    });
    await revokeToken(room.ctx, { id: made.id });
    await revokeToken(room.ctx, { id: made.id });
    expect(await authenticate({ bearer: made.token })).toBeNull();
  });

  test("a token revoked by another node is dead here within five seconds", async () => {
    const made = await createToken(room.ctx, { name: "ci", access: "viewer" });
    expect(await authenticate({ bearer: made.token })).not.toBeNull();
    const elsewhere = { ...room.ctx, authenticator: { ...room.ctx.authenticator, forgetToken: () => {} } };
    await revokeToken(elsewhere, { id: made.id });
    room.clock.advance(5_000);
    expect(await authenticate({ bearer: made.token })).toBeNull();
  });

  test("a token expires, cached or not", async () => {
    const made = await createToken(room.ctx, { name: "short", access: "viewer", expiresInDays: 1 });
    room.clock.advance(DAY_MS - 1);
    expect(await authenticate({ bearer: made.token })).not.toBeNull();
    room.clock.advance(1);
    expect(await authenticate({ bearer: made.token })).toBeNull();
  });

  test("a wrong secret, another's secret and malformed tokens are nobody; a good cookie does not mend them", async () => {
    const [a, b] = [
      await createToken(room.ctx, { name: "a", access: "admin" }),
      await createToken(room.ctx, { name: "b", access: "viewer" }),
    ];
    const cookie = (await (await newPerson()).signIn()).session.cookie;
    const wrong = [
      `fbk_${a.id}_${b.token.slice(-43)}`,
      `fbk_${a.id}_${"A".repeat(43)}`,
      `${a.token}x`,
      a.token.slice(0, -1),
      "",
      "fbk_local_",
      `fbk_local_${"y".repeat(43)}`,
    ];
    for (const bearer of wrong) expect(await authenticate({ bearer, cookie }), bearer).toBeNull();
  });

  test("the token of this machine is an administrator", async () => {
    expect(await authenticate({ bearer: "fbk_local_" + "x".repeat(43) })).toMatchObject({
      access: "admin",
      actor: { kind: "cli", name: "local" },
    });
  });

  test("the command line's user is named only beside the token of this machine, made printable", async () => {
    const bearer = "fbk_local_" + "x".repeat(43);
    const nameOf = async (user: string) => (await authenticate({ bearer, user }))?.actor.name;
    expect(await nameOf(encodeURIComponent("Åsa O'Neil"))).toBe("Åsa O'Neil");
    expect(await nameOf(encodeURIComponent("\u001b[2Jroot\u202e\n"))).toBe("[2Jroot");
    expect(await nameOf("x".repeat(500))).toBe("x".repeat(64));
    for (const unusable of ["", "%20", "%E0%A4%A", "%00"]) expect(await nameOf(unusable)).toBe("local");
    const made = await createToken(room.ctx, { name: "ci", access: "admin" });
    expect(await authenticate({ bearer: made.token, user: "root" })).toMatchObject({ actor: { name: "ci" } });
    expect(await authenticate({ bearer: `fbk_local_${"y".repeat(43)}`, user: "root" })).toBeNull();
    expect(await authenticate({ user: "root" })).toBeNull();
  });

  test("a session's token speaks for its agent and session, replaces the one before, and ends with the session", async () => {
    const session = { sessionId: room.ctx.newId("session"), agentId: "scout" };
    const make = () => room.database.kysely.transaction().execute((trx) => createSessionToken(trx, room.ctx, session));
    const before = await make();
    const token = await make();
    expect(await authenticate({ bearer: before })).toBeNull();
    const caller = await authenticate({ bearer: token });
    expect(caller).toMatchObject({ access: "agent", ...session, actor: { kind: "agent", id: "scout" } });
    if (caller === null) return;
    expect(refuseReporter(caller, { id: "scout" })).toBeNull();
    expect(refuseReporter(caller, { id: "scout", session: session.sessionId })).toBeNull();
    expect(refuseReporter(caller, { id: "other" })).toMatch(/not for other/);
    expect(refuseReporter(caller, { id: "scout", session: "ses_other" })).toMatch(/not for ses_other/);
    await room.database.kysely.transaction().execute((trx) => revokeSessionTokens(trx, room.ctx, session.sessionId));
    expect(await authenticate({ bearer: token })).toBeNull();
  });

  test("lists are paged, newest first, and hold no secret", async () => {
    const made = [];
    for (let i = 0; i < 3; i++) made.push(await createToken(room.ctx, { name: `page${i}`, access: "viewer" }));
    const seen = [];
    let after: string | undefined;
    do {
      const page = await listTokens(room.ctx, { limit: 2, after });
      seen.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(new Set(seen.map((token) => token.id)).size).toBe(seen.length);
    expect(seen.map((token) => token.id)).toEqual(expect.arrayContaining(made.map((token) => token.id)));
    expect(JSON.stringify(seen)).not.toContain("fbk_");
  });
});

test("every change of access is in the audit log, with who did it", async () => {
  const rows = await room.auditedActions();
  const actions = new Set(rows.map((row) => row.action));
  const expected = [
    "user.create",
    "user.disable",
    "user.set_password",
    "user.reset_password",
    "sign_in.password",
    "sign_in.link",
    "sign_in_link.issue",
    "sign_out",
    "token.create",
    "token.revoke",
  ];
  expect([...actions].toSorted()).toEqual(expected.toSorted());
  expect(rows.every((row) => row.leaf.includes('"actor"'))).toBe(true);
});
