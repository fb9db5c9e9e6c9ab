import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ensureOwner,
  isPasswordNeeded,
  issueSignInLink,
  setPassword,
  signIn,
  signInByLink,
  signOut,
} from "../access/index.ts";
import type { Caller, SignedInPerson } from "../access/index.ts";
import { createTestAccess } from "../access/testing.ts";
import type { TestAccess } from "../access/testing.ts";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

let room: TestAccess;
let server: TestServer;

async function viewMe(caller: Caller) {
  const passwordNeeded = await isPasswordNeeded(room.ctx, caller);
  return { actor: caller.actor, access: caller.access, passwordNeeded, profile: "test", version: "0" };
}

async function viewSignedIn({ caller, session }: SignedInPerson) {
  return { cookie: session.cookie, expiresAtMs: session.expiresAtMs, me: await viewMe(caller) };
}

beforeAll(async () => {
  room = await createTestAccess();
  server = await startTestServer({
    authenticate: room.ctx.authenticator.authenticate,
    services: {
      signIn: async (request, address) => viewSignedIn(await signIn(room.ctx, { ...request, address })),
      signInByLink: async (request, address) => viewSignedIn(await signInByLink(room.ctx, { ...request, address })),
      signOut: (caller) => signOut(room.ctx, caller),
      getMe: viewMe,
      setPassword: async (caller, request) => {
        await setPassword(room.ctx, { ...request, caller, address: "127.0.0.1" });
        return viewMe(caller);
      },
    },
  });
});
afterAll(async () => {
  await server.close();
  await room.close();
});

function post(path: string, body: unknown, cookie = ""): Promise<Response> {
  const headers = { "content-type": "application/json", origin: server.origin, cookie };
  return server.ask("POST", `/api/v1${path}`, { headers, body: JSON.stringify(body) });
}

function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

const PASSWORD = "a long pass phrase";

test("O-5: the owner comes in by the link, sets a password, signs out, and comes in by the password", async () => {
  await ensureOwner(room.ctx);
  const { token } = await issueSignInLink(room.ctx, { name: "owner" });
  const byLink = await post("/sign-in/link", { token });
  expect(await byLink.json()).toMatchObject({ access: "admin", passwordNeeded: true });
  expect(byLink.headers.get("set-cookie")).toMatch(
    /^firebreak_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  expect((await post("/sign-in/link", { token })).status).toBe(401);

  const cookie = cookieOf(byLink);
  const changed = await post("/me/password", { password: PASSWORD }, cookie);
  expect(await changed.json()).toMatchObject({ passwordNeeded: false });
  const signedOut = await post("/sign-out", {}, cookie);
  expect(signedOut.status).toBe(204);
  expect((await server.ask("GET", "/api/v1/me", { headers: { cookie } })).status).toBe(401);

  const byPassword = await post("/sign-in", { name: "Owner", password: PASSWORD });
  const me = await server.ask("GET", "/api/v1/me", { headers: { cookie: cookieOf(byPassword) } });
  expect(await me.json()).toMatchObject({ actor: { kind: "person", name: "owner" }, passwordNeeded: false });
});

test("O-5: the eleventh wrong password is told how long to wait", async () => {
  const statuses = [];
  let last: Response | undefined;
  for (let i = 0; i < 11; i++) {
    last = await post("/sign-in", { name: "nobody", password: "a wrong pass phrase" });
    statuses.push(last.status);
  }
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  expect(last?.headers.get("retry-after")).toBe("300");
});
