import { openSigningKey } from "../../kernel/index.ts";
import { encodeFeedKey } from "../../killswitch/index.ts";
import type { Command } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";

export const gateKeyCommand: Command = {
  name: "gate key",
  summary: "show the key that gates on other machines pin",
  description: [
    "The public key by which this installation signs stops and leases. Give it to agents and supervisors on other " +
      "machines as FIREBREAK_SERVER_KEY, beside FIREBREAK_URL and FIREBREAK_TOKEN; it is no secret. Without it they " +
      "believe no server.",
  ],
  examples: ["firebreak gate key", 'export FIREBREAK_SERVER_KEY="$(firebreak gate key)"'],
  exits: ALWAYS,
  run: async ({ config, output }) => {
    const serverKey = encodeFeedKey(openSigningKey(config.home, "lease-key").publicKeyPem);
    output.result({ serverKey });
    output.line(serverKey);
    return EXIT.ok;
  },
};
