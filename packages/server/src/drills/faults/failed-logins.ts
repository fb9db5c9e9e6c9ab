import { z } from "zod";
import { fetchLoopback } from "../sandbox/fetch-loopback.ts";
import { sendEvents } from "../watches/send-events.ts";
import { defineFault } from "./fault.ts";

/** Wrong passwords are really tried at the door of the sandbox's own Firebreak; what it answers goes into the auth events. */
export const failedLogins = defineFault({
  kind: "failed-logins",
  parameters: z.strictObject({
    attempts: z.number().int().min(1).max(200).default(14),
    user: z.string().min(1).max(64).default("owner"),
    address: z.string().max(64).default("203.0.113.7"),
  }),
  cause: async ({ api }, { attempts, user, address }) => {
    const refused: number[] = [];
    for (let i = 0; i < attempts; i++) {
      const response = await fetchLoopback(`${api.url}/api/v1/sign-in`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: user, password: `guess number ${i}` }),
        signal: AbortSignal.timeout(10_000),
      });
      await response.body?.cancel();
      if (response.ok) throw new Error("a guessed password was taken");
      refused.push(response.status);
    }
    const event = (status: number) => ({
      kind: "auth",
      outcome: "failure",
      data: { user, source_ip: address, message: `sign-in refused with ${status}` },
    });
    await sendEvents(api, refused.map(event));
    return { what: `${attempts} wrong passwords for ${user} were tried and refused`, facts: { user, address } };
  },
});
