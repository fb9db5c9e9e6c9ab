import { z } from "zod";
import { homePath } from "./home-path.ts";
import { environmentName, httpUrl } from "./http-url.ts";

const hostName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9:][A-Za-z0-9._:-]*$/, "use a host's name or address")
  .default("127.0.0.1");
const port = z.number().int().min(1).max(65_535);
const plainName = z.string().min(1).max(63);

/** A question that a service which is well answers. */
const serviceCheck = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    url: httpUrl,
    /** left out: any answer below 400 */
    status: z.number().int().min(100).max(599).optional(),
    /** text that the first 64 KB of the answer must hold */
    contains: z.string().min(1).max(1000).optional(),
  }),
  z.strictObject({ kind: z.literal("tcp"), host: hostName, port }),
  z.strictObject({
    kind: z.literal("redis"),
    host: hostName,
    port: port.default(6379),
    user: plainName.optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the password */
    passwordEnv: environmentName.optional(),
  }),
  z.strictObject({
    kind: z.literal("postgres"),
    host: hostName,
    port: port.default(5432),
    /** the directory of its Unix socket, in place of host */
    socket: z.string().max(100).startsWith("/").optional(),
    user: plainName.default("postgres"),
    database: plainName.default("postgres"),
    passwordEnv: environmentName.optional(),
  }),
]);
export type ServiceCheck = z.output<typeof serviceCheck>;

const argv = z
  .array(z.string().max(4096))
  .min(1)
  .max(64)
  .refine((words) => words[0]?.startsWith("/") ?? false, "name the program by its absolute path");

const MANAGERS = ["systemd", "launchd", "docker", "command"] as const;

const service = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -, like redis"),
    /** its unit */
    systemd: z
      .string()
      .max(256)
      .regex(/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.service$/, "use a unit's full name, like redis-server.service")
      .optional(),
    /** its job, and the property list it is started from when it is not loaded */
    launchd: z
      .strictObject({
        job: z
          .string()
          .max(256)
          .regex(
            /^(system|(gui|user|login|pid)\/\d{1,10})\/[A-Za-z0-9][A-Za-z0-9._-]*$/,
            "use a service target, like gui/501/homebrew.mxcl.redis",
          ),
        plist: homePath.optional(),
      })
      .optional(),
    /** its container's name */
    docker: z
      .string()
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "use a container's name")
      .optional(),
    /** a program that runs as long as the service does, started in a folder; `stop` in place of a signal */
    command: z.strictObject({ start: argv, stop: argv.optional(), folder: homePath.optional() }).optional(),
    /** left out: it is well when it runs */
    check: serviceCheck.optional(),
    /** how long it may take until the check is answered well */
    readySeconds: z.number().int().min(1).max(280).default(30),
    /** log files, for people and for searches */
    logs: z.array(homePath).max(20).default([]),
  })
  .refine((one) => MANAGERS.filter((key) => one[key] !== undefined).length === 1, {
    message: `name exactly one of ${MANAGERS.join(", ")}: what starts and stops it`,
  });
export type ServiceSettings = z.output<typeof service>;

/** What runs beside the agents and may be started, stopped and restarted by its name. */
export const servicesSettings = z
  .array(service)
  .max(100)
  .superRefine((services, check) => {
    const names = services.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) {
        check.addIssue({ code: "custom", message: `another service is named ${name} already`, path: [index, "name"] });
      }
    });
  });
