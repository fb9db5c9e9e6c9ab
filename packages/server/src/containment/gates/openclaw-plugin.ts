/** What the plugin needs to know; written into it, so that it asks no environment that an agent may set. */
export interface PluginFacts {
  /** URL of the SDK's module that answers the hooks (`@firebreak/sdk/openclaw`) */
  readonly sdk: string;
  readonly killswitchDir: string;
  readonly agent: string;
  readonly pack: string | null;
  /** JSON with the server's address and the plugin's token; not there when no server answered at the installation */
  readonly telemetryFile: string;
}

export const PLUGIN_ID = "firebreak";

/**
 * The files of a native OpenClaw plugin (https://docs.openclaw.ai/plugins/hooks), without dependencies: it hands each hook to
 * the SDK, and denies when that cannot be loaded. OpenClaw copies the directory before it loads it, once or more often in
 * one process and in modes of which any may answer the hooks: so it is registered in every mode, and all share one guard.
 */
export function openclawPlugin(facts: PluginFacts): Readonly<Record<string, string>> {
  const schema = { type: "object", additionalProperties: false };
  const name = "Firebreak";
  const description = "Asks Firebreak's kill switch before every tool call, run and installation";
  const manifest = {
    id: PLUGIN_ID,
    name,
    description,
    version: "1.0.0",
    activation: { onStartup: true },
    configSchema: schema,
  };
  const extensions = { extensions: ["./index.js"] };
  const npm = { name: "firebreak-gate", version: "1.0.0", private: true, type: "module", openclaw: extensions };
  return {
    "openclaw.plugin.json": `${JSON.stringify(manifest, null, 2)}\n`,
    "package.json": `${JSON.stringify(npm, null, 2)}\n`,
    "index.js": `${headOf(facts, { id: PLUGIN_ID, name, description })}${HOOKS}`,
  };
}

function headOf({ sdk, telemetryFile, killswitchDir, agent, pack }: PluginFacts, about: object): string {
  const gate = { killswitchDir, agent, ...(pack === null ? {} : { pack }) };
  return `// Firebreak's gate for OpenClaw, made by: firebreak gate install openclaw
import { readFileSync } from "node:fs";

const about = ${JSON.stringify(about)};
const sdk = ${JSON.stringify(sdk)};
const gate = ${JSON.stringify(gate)};
const telemetryFile = ${JSON.stringify(telemetryFile)};
`;
}

const HOOKS = `const shared = Symbol.for("firebreak " + JSON.stringify([sdk, gate]));
const users = Symbol.for("firebreak users " + JSON.stringify([sdk, gate]));

function telemetry() {
  try {
    const { url, token } = JSON.parse(readFileSync(telemetryFile, "utf8"));
    return { url, token };
  } catch {
    return {}; // decisions never need it
  }
}

async function abortSession(key) {
  const { callGatewayFromCli } = await import("openclaw/plugin-sdk/gateway-runtime");
  const params = { key, clearQueued: true };
  const answer = await callGatewayFromCli("sessions.abort", { timeout: "10000" }, params, { progress: false });
  if (answer?.ok !== true) throw new Error("sessions.abort answered " + JSON.stringify(answer));
}

// a load that failed is tried again by the next hook
function guard(version) {
  globalThis[shared] ??= import(sdk).then(
    ({ openGuard }) => openGuard({ gate: { ...gate, ...telemetry() }, version, abortSession, env: process.env }),
    (fault) => {
      delete globalThis[shared];
      throw fault;
    },
  );
  return globalThis[shared];
}

async function close() {
  const open = globalThis[shared];
  delete globalThis[shared];
  await (await open?.catch(() => undefined))?.gateway_stop();
}

// some modes of registration have no runtime, and throw
function versionOf(api) {
  try {
    return api.runtime?.version;
  } catch {
    return undefined;
  }
}

const unknown = (fault) =>
  "Firebreak cannot know whether this agent is stopped, so it denies: " + fault + ". A person mends it: firebreak gate test openclaw";
const refuse = {
  before_tool_call: (blockReason) => ({ block: true, blockReason }),
  before_agent_run: (message) => ({ outcome: "block", reason: message, message }),
  before_install: (blockReason) => ({ block: true, blockReason }),
};

export default {
  ...about,
  register(api) {
    for (const hook of ["before_tool_call", "before_agent_run", "before_install", "after_tool_call", "agent_end"]) {
      const answer = async (event, ctx) => {
        try {
          return await (await guard(versionOf(api)))[hook](event ?? {}, ctx ?? {});
        } catch (fault) {
          return refuse[hook]?.(unknown(fault));
        }
      };
      // asked first: nothing that another plugin does comes before it
      api.on(hook, answer, { priority: 1000000 });
    }
    api.on("gateway_stop", close);
    globalThis[users] = (globalThis[users] ?? 0) + 1;
    api.lifecycle?.onDispose?.(() => (--globalThis[users] === 0 ? close() : undefined));
  },
};
`;
