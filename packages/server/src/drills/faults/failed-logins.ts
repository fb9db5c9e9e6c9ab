import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { SandboxApi } from "../sandbox/api.ts";
import { fetchLoopback } from "../sandbox/fetch-loopback.ts";
import { sendEvents } from "../watches/send-events.ts";
import { defineFault } from "./fault.ts";

/**
 * Wrong passwords are really tried at the door of the sandbox's own Firebreak; what it answers goes into the auth events and into a log.
 * With `opens`, another account is tried last, with the password that it has.
 */
export const failedLogins = defineFault({
  kind: "failed-logins",
  about:
    "`attempts` (14) wrong passwords are tried at the door of the sandbox's Firebreak and refused, reported as from `address`, and written to `${fault.log}`; then the account `opens`, if given, is opened with the right one",
  parameters: z.strictObject({
    attempts: z.number().int().min(1).max(200).default(14),
    user: z.string().min(1).max(64).default("owner"),
    address: z.string().max(64).default("203.0.113.7"),
    /** an account that is made for it, and whose password somebody else has too */
    opens: z.string().min(1).max(64).optional(),
  }),
  cause: async ({ sandbox, api }, { attempts, user, address, opens }) => {
    const log = path.join(sandbox.folder, "sign-ins.log");
    const say = async (outcome: "success" | "failure", name: string, status: number) => {
      const message = `${outcome === "success" ? "Accepted" : "Failed"} password for ${name} from ${address}`;
      appendFileSync(log, `${new Date().toISOString()} ${address} "POST /sign-in" ${status} ${message}\n`);
      await sendEvents(api, [{ kind: "auth", outcome, data: { user: name, source_ip: address, message } }]);
    };
    for (let i = 0; i < attempts; i++) {
      const status = await tryPassword(api, user, `guess number ${i}`);
      if (status < 400) throw new Error("a guessed password was taken");
      await say("failure", user, status);
    }
    const what = `${attempts} wrong passwords for ${user} were tried and refused`;
    if (opens === undefined) return { what, facts: { user, address, log } };
    const password = randomBytes(24).toString("base64url");
    await api.post(z.unknown(), "/users", { name: opens, role: "viewer", password });
    const status = await tryPassword(api, opens, password);
    if (status >= 400) throw new Error(`the right password of ${opens} was refused with ${status}`);
    await say("success", opens, status);
    return { what: `${what}; the one of ${opens} was known, and opened`, facts: { user, address, log } };
  },
});

/** @returns the status that the door answers with */
async function tryPassword(api: SandboxApi, name: string, password: string): Promise<number> {
  const response = await fetchLoopback(`${api.url}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.body?.cancel();
  return response.status;
}
