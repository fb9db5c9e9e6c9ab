import { z } from "zod";
import { environmentName, httpUrl } from "./http-url.ts";

const parameterName = z.string().regex(/^[a-z][A-Za-z0-9_]{0,39}$/, "use a name like target");

const common = {
  /** the effector is `hook.NAME` */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "use small letters, digits and _, like isolate_vlan"),
  title: z.string().trim().min(1).max(120),
  /** what it takes; each is a text */
  parameters: z.array(parameterName).max(20).default([]),
  /** which parameters name what it touches */
  touches: z.record(parameterName, z.enum(["agents", "hosts", "services", "addresses"])).default({}),
  destroysEvidence: z.boolean().default(false),
  /** asking it twice does what asking once does: it may be retried */
  idempotent: z.boolean().default(false),
  timeoutSeconds: z.number().int().min(1).max(280).default(10),
};

const httpHook = z
  .strictObject({
    ...common,
    kind: z.literal("http"),
    url: httpUrl.optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the address */
    urlEnv: environmentName.optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the signing secret */
    secretEnv: environmentName.optional(),
    /** it may be at a private, loopback or link-local address */
    allowPrivateAddress: z.boolean().default(false),
    /** it answers `verify` and `undo` too */
    verify: z.boolean().default(false),
    undo: z.boolean().default(false),
  })
  .refine((hook) => (hook.url === undefined) !== (hook.urlEnv === undefined), {
    message: "an http hook needs exactly one of url and urlEnv",
  });
export type HttpHook = z.output<typeof httpHook>;

/** The program and its arguments; `{target}` in an argument stands for that parameter. No shell reads them. */
const argv = z
  .array(z.string().max(4096))
  .min(1)
  .max(64)
  .refine((words) => words[0]?.startsWith("/") ?? false, "name the program by its absolute path")
  .refine((words) => !(words[0] ?? "").includes("{"), "the program is not chosen by a parameter");

const commandHook = z.strictObject({
  ...common,
  kind: z.literal("command"),
  apply: argv,
  verify: argv.optional(),
  undo: argv.optional(),
  /** variables of its environment, each with the environment variable, or file in `<home>/secrets`, it comes from */
  secrets: z.record(environmentName, environmentName).default({}),
});
export type CommandHook = z.output<typeof commandHook>;

const hookSettings = z.discriminatedUnion("kind", [httpHook, commandHook]).superRefine((hook, check) => {
  const words = hook.kind === "command" ? [hook.apply, hook.verify ?? [], hook.undo ?? []].flat() : [];
  const used = words.flatMap((word) => [...word.matchAll(/\{([A-Za-z0-9_]+)\}/g)].map((found) => found[1] ?? ""));
  const unknown = [...used, ...Object.keys(hook.touches)].filter((name) => !hook.parameters.includes(name));
  for (const name of new Set(unknown)) {
    check.addIssue({ code: "custom", message: `${name} is not among the hook's parameters`, path: ["parameters"] });
  }
});
export type HookSettings = z.output<typeof hookSettings>;

export const hooksSettings = z
  .array(hookSettings)
  .max(100)
  .superRefine((hooks, check) => {
    const names = hooks.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) {
        check.addIssue({ code: "custom", message: `another hook is named ${name} already`, path: [index, "name"] });
      }
    });
  });
