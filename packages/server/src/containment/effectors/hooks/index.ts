import type { HookSettings, ReadSecret } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { commandTransport } from "./command-transport.ts";
import { hookEffector } from "./hook-effector.ts";
import { httpTransport } from "./http-transport.ts";

/** One effector for each hook of the profile. */
export function hookEffectors(hooks: readonly HookSettings[], readSecret: ReadSecret): readonly Effector[] {
  return hooks.map((hook) => {
    switch (hook.kind) {
      case "http":
        return hookEffector(hook, httpTransport(hook, readSecret));
      case "command":
        return hookEffector(hook, commandTransport(hook, readSecret));
      default:
        return hook satisfies never;
    }
  });
}
