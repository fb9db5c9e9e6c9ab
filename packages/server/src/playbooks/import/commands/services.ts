import path from "node:path";
import type { CommandUse, MapCommand, Mapping } from "./mapping.ts";
import { readOptions } from "./mapping.ts";

const NEEDS_SERVICE = "the profile must describe it under services";

const VERBS: Readonly<Record<string, string>> = {
  start: "service.start",
  up: "service.start",
  enable: "service.start",
  stop: "service.stop",
  down: "service.stop",
  restart: "service.restart",
  reload: "service.restart",
  status: "check.service",
  list: "check.service",
  "is-active": "check.service",
};

function serviceMapping(verb: string, service: string | undefined): readonly Mapping[] {
  const effector = VERBS[verb];
  if (effector === undefined || service === undefined || service === "") return [];
  const name = service.replace(/\.service$/, "");
  return [{ effector, with: { service: name }, note: `service ${name}: ${NEEDS_SERVICE}` }];
}

const systemctl: MapCommand = ({ command }) => {
  const [verb = "", ...services] = readOptions(command.args).rest;
  return services.length === 1 ? serviceMapping(verb, services[0]) : [];
};

const service: MapCommand = ({ command }) => serviceMapping(command.args[1] ?? "", command.args[0]);

/** `brew services list | grep redis` asks about redis. */
const brew: MapCommand = ({ command, filters }) => {
  const [area, verb = "", name] = command.args;
  if (area !== "services") return [];
  const asked = filters.find((filter) => filter.program === "grep")?.args.find((arg) => !arg.startsWith("-"));
  return serviceMapping(verb, name ?? asked);
};

const manager: MapCommand = ({ command }) => {
  const [verb = "", name] = readOptions(command.args).rest;
  return serviceMapping(verb, name);
};

const compose: MapCommand = ({ command }) => {
  const words = command.program === "docker" ? command.args.slice(1) : command.args;
  const { rest } = readOptions(words, ["-f", "--file", "-p", "--project-name"]);
  const [verb = "", name, ...more] = rest;
  if (more.length > 0) return [];
  return serviceMapping(verb, name);
};

/** `docker start NAME` and the like, as far as they are about a service. */
export const containerService: MapCommand = ({ command }) => {
  const [verb = "", ...names] = readOptions(command.args, ["-t", "--time"]).rest;
  if (verb !== "start" && verb !== "restart") return [];
  return names.length === 1 ? serviceMapping(verb, names[0]) : [];
};

/** What is started in the background goes by the name of its program, or of its script's folder. */
export function startMapping({ command }: Pick<CommandUse, "command">, name?: string): readonly Mapping[] {
  return serviceMapping("start", name ?? backgroundName(command.program, command.args));
}

function backgroundName(program: string, args: readonly string[]): string {
  const base = path.basename(program);
  if (!/^(python\d?|node|ruby|java|bash|sh|npx|npm|uv)$/.test(base)) return base;
  const script = args.find((arg) => !arg.startsWith("-")) ?? base;
  const folder = path.basename(path.dirname(script));
  return folder === "." || folder === "" ? path.basename(script).replace(/\.\w+$/, "") : folder;
}

export const serviceCommands: Readonly<Record<string, MapCommand>> = {
  systemctl,
  service,
  brew,
  pm2: manager,
  supervisorctl: manager,
  "docker-compose": compose,
  "docker compose": compose,
};
