import { join } from "node:path";
import { OperatorError } from "../errors.ts";
import { readTextFile } from "./text-file.ts";
import { channelSchema, notificationRoute, profileSchema, TEMPLATE_NAMES } from "./profile-schema.ts";
import type { Channel, NotificationRoute, Profile, ProfileDocument, ProfileTemplate } from "./profile-schema.ts";
import { problemsOfSchema, readYaml } from "./yaml-file.ts";
import type { FileProblem, YamlSource } from "./yaml-file.ts";

export interface ProfileSources {
  /** state directory; `profile.yaml`, `channels.yaml` and `templates/` in it win over what is shipped */
  readonly home: string;
  /** directory of the shipped profiles, one folder each */
  readonly profilesDir: string;
  readonly name: string;
}

/**
 * What could be loaded. Problems are never dropped: the caller shows them. `profile` is the user's file when it is
 * sound, else the shipped one with `fallback` true, else undefined.
 */
export interface LoadedProfile {
  readonly profile: Profile | undefined;
  /** where an entry of the profile stands in its file */
  readonly placeOf: ProfilePlace;
  readonly fallback: boolean;
  readonly problems: readonly FileProblem[];
}

/** @param path keys and indices from the top of the document */
export type ProfilePlace = (path: readonly (string | number)[]) => Pick<FileProblem, "file" | "line" | "column">;

const CHANNELS_MAX = 50;

/** Reads the profile, its templates and the user's channels; nothing in these files can make it throw. */
export async function loadProfile(sources: ProfileSources): Promise<LoadedProfile> {
  const problems: FileProblem[] = [];
  const shippedFile = join(sources.profilesDir, sources.name, "profile.yaml");
  const own = await readProfileFile(join(sources.home, "profile.yaml"), problems);
  const read = own.parsed === undefined ? await readProfileFile(shippedFile, problems) : own;
  if (read.parsed === undefined) {
    if (problems.length === 0) problems.push(missingProfile(shippedFile));
    return {
      profile: undefined,
      placeOf: () => ({ file: shippedFile, line: 1, column: 1 }),
      fallback: false,
      problems,
    };
  }
  const { document, source } = read.parsed;
  const additions = await readChannelsFile(join(sources.home, "channels.yaml"), document, problems);
  const channels = [...document.channels, ...additions.channels];
  problems.push(...checkRoutes(source, placed(document.notifications), namesOf(channels)));
  const templates = await readTemplates(sources, problems);
  const profile = {
    ...document,
    channels,
    notifications: [...document.notifications, ...additions.notifications],
    templates,
  };
  const placeOf: ProfilePlace = (path) => ({ file: source.file, ...source.positionOf(path) });
  return { profile, placeOf, fallback: own.exists && own.parsed === undefined, problems };
}

/**
 * @returns the profile, for a caller that cannot go on without one
 * @throws OperatorError that lists what is wrong with the files
 */
export function requireProfile(loaded: LoadedProfile): Profile {
  if (loaded.profile !== undefined) return loaded.profile;
  throw new OperatorError(
    `The profile cannot be read:\n${loaded.problems.map(formatFileProblem).join("\n")}`,
    "Mend the file, or set FIREBREAK_PROFILE to a profile that is shipped.",
  );
}

/** @returns the problem as one line: `file:line:column: message remedy` */
export function formatFileProblem(problem: FileProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}. ${problem.remedy}`;
}

/**
 * Checks the text of a profile.
 *
 * @returns the document, or every fault with its place
 */
export function parseProfile(
  file: string,
  text: string,
): { ok: true; document: ProfileDocument; source: YamlSource } | { ok: false; problems: FileProblem[] } {
  const yaml = readYaml(file, text);
  if (!yaml.ok) return yaml;
  const parsed = profileSchema.safeParse(yaml.source.value);
  if (!parsed.success) return { ok: false, problems: problemsOfSchema(yaml.source, parsed.error.issues) };
  const problems = [
    ...checkChannelNames(yaml.source, placed(parsed.data.channels), new Set()),
    ...checkDetectors(yaml.source, parsed.data),
    ...checkRuleNames(yaml.source, ["alerts", "routes"], parsed.data.alerts.routes),
    ...checkRuleNames(yaml.source, ["alerts", "inhibitions"], parsed.data.alerts.inhibitions),
    ...checkRuleNames(yaml.source, ["containment", "rules"], parsed.data.containment.rules),
  ];
  return problems.length === 0 ? { ok: true, document: parsed.data, source: yaml.source } : { ok: false, problems };
}

interface ProfileRead {
  readonly exists: boolean;
  readonly parsed: { readonly document: ProfileDocument; readonly source: YamlSource } | undefined;
}

async function readProfileFile(file: string, problems: FileProblem[]): Promise<ProfileRead> {
  const read = await readTextFile(file);
  if (read.kind === "missing") return { exists: false, parsed: undefined };
  if (read.kind === "problem") {
    problems.push(read.problem);
    return { exists: true, parsed: undefined };
  }
  const parsed = parseProfile(file, read.text);
  if (parsed.ok) return { exists: true, parsed };
  problems.push(...parsed.problems);
  return { exists: true, parsed: undefined };
}

function missingProfile(file: string): FileProblem {
  return {
    file,
    line: 1,
    column: 1,
    message: "there is no such profile",
    remedy: "Set FIREBREAK_PROFILE to the name of a shipped profile, for example ai-empire.",
  };
}

/** An entry of a list with its place in the file, where faulty neighbours may have been left out. */
interface Placed<T> {
  readonly entry: T;
  readonly index: number;
}

function placed<T>(entries: readonly T[]): Placed<T>[] {
  return entries.map((entry, index) => ({ entry, index }));
}

/** Run once all channels are known: a profile's route may name a channel that only `channels.yaml` defines. */
function checkRoutes(
  source: YamlSource,
  routes: readonly Placed<NotificationRoute>[],
  known: ReadonlySet<string>,
): FileProblem[] {
  return routes.flatMap(({ entry: route, index }) => {
    if (route.channel === "*" || known.has(route.channel)) return [];
    return {
      file: source.file,
      ...source.positionOf(["notifications", index, "channel"]),
      message: `notifications.${index} names the channel ${route.channel}, which does not exist`,
      remedy: "Define the channel under channels, or name one that exists.",
    };
  });
}

function checkChannelNames(
  source: YamlSource,
  channels: readonly Placed<Channel>[],
  taken: ReadonlySet<string>,
): FileProblem[] {
  const seen = new Set(taken);
  return channels.flatMap(({ entry: channel, index }) => {
    const repeated = seen.has(channel.name);
    seen.add(channel.name);
    if (!repeated) return [];
    return {
      file: source.file,
      ...source.positionOf(["channels", index, "name"]),
      message: `two channels are named ${channel.name}`,
      remedy: "Give each channel its own name.",
    };
  });
}

function checkDetectors(source: YamlSource, document: ProfileDocument): FileProblem[] {
  const seen = new Set<string>();
  return document.detectors.flatMap((binding, index) => {
    const repeated = seen.has(binding.rule);
    seen.add(binding.rule);
    if (!repeated) return [];
    return {
      file: source.file,
      ...source.positionOf(["detectors", index, "rule"]),
      message: `the rule ${binding.rule} is bound twice`,
      remedy: "Keep one binding for each rule.",
    };
  });
}

function checkRuleNames(
  source: YamlSource,
  list: readonly [string, string],
  rules: readonly { readonly name: string }[],
): FileProblem[] {
  return rules.flatMap(({ name }, index) => {
    if (rules.findIndex((rule) => rule.name === name) === index) return [];
    return {
      file: source.file,
      ...source.positionOf([...list, index, "name"]),
      message: `two ${list[1]} are named ${name}`,
      remedy: "Give each its own name: what they did is told by it.",
    };
  });
}

interface ChannelAdditions {
  channels: Channel[];
  notifications: NotificationRoute[];
}

/** What is good in the file is kept; each bad entry is left out and reported. */
async function readChannelsFile(
  file: string,
  document: ProfileDocument,
  problems: FileProblem[],
): Promise<ChannelAdditions> {
  const none = { channels: [], notifications: [] };
  const read = await readTextFile(file);
  if (read.kind === "missing") {
    return none;
  }
  if (read.kind === "problem") {
    problems.push(read.problem);
    return none;
  }
  const yaml = readYaml(file, read.text);
  if (!yaml.ok) {
    problems.push(...yaml.problems);
    return none;
  }
  return additionsOf(yaml.source, document, problems);
}

function additionsOf(source: YamlSource, document: ProfileDocument, problems: FileProblem[]): ChannelAdditions {
  const unknownKeys = Object.keys(recordOf(source.value)).filter(
    (key) => key !== "channels" && key !== "notifications",
  );
  for (const key of unknownKeys) {
    const message = `${key} is not known in this file`;
    problems.push({
      file: source.file,
      ...source.positionOf([], key),
      message,
      remedy: "It takes channels and notifications.",
    });
  }
  const channels = goodEntries(source, "channels", problems, (entry) => channelSchema.safeParse(entry));
  const notifications = goodEntries(source, "notifications", problems, (entry) => notificationRoute.safeParse(entry));
  problems.push(...checkChannelNames(source, channels, namesOf(document.channels)));
  const unique = firstOfEachName(
    channels.map(({ entry }) => entry),
    namesOf(document.channels),
  );
  const known = new Set([...namesOf(document.channels), ...namesOf(unique)]);
  problems.push(...checkRoutes(source, notifications, known));
  return { channels: unique, notifications: notifications.map(({ entry }) => entry) };
}

function goodEntries<T>(
  source: YamlSource,
  key: "channels" | "notifications",
  problems: FileProblem[],
  parse: (entry: unknown) => { success: true; data: T } | { success: false; error: { issues: ZodIssues } },
): Placed<T>[] {
  const list = recordOf(source.value)[key] ?? [];
  if (!Array.isArray(list) || list.length > CHANNELS_MAX) {
    const message = `${key} is not a list of at most ${CHANNELS_MAX} entries`;
    problems.push({ file: source.file, ...source.positionOf([key]), message, remedy: "Begin each entry with a dash." });
    return [];
  }
  return list.flatMap((entry: unknown, index) => {
    const parsed = parse(entry);
    if (parsed.success) return [{ entry: parsed.data, index }];
    problems.push(...problemsOfSchema(source, parsed.error.issues, [key, index]));
    return [];
  });
}

type ZodIssues = Parameters<typeof problemsOfSchema>[1];

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function namesOf(channels: readonly Channel[]): Set<string> {
  return new Set(channels.map((channel) => channel.name));
}

function firstOfEachName(channels: readonly Channel[], taken: ReadonlySet<string>): Channel[] {
  const seen = new Set(taken);
  return channels.filter((channel) => !seen.has(channel.name) && seen.add(channel.name));
}

async function readTemplates(sources: ProfileSources, problems: FileProblem[]): Promise<ProfileTemplate[]> {
  const templates: ProfileTemplate[] = [];
  for (const name of TEMPLATE_NAMES) {
    const shipped = join(sources.profilesDir, sources.name, "templates", `${name}.md`);
    const own = join(sources.home, "templates", `${name}.md`);
    const found = (await readTemplate(name, own, problems)) ?? (await readTemplate(name, shipped, problems));
    if (found !== undefined) templates.push(found);
    else problems.push(missingTemplate(name, shipped));
  }
  return templates;
}

async function readTemplate(
  name: ProfileTemplate["name"],
  file: string,
  problems: FileProblem[],
): Promise<ProfileTemplate | undefined> {
  const read = await readTextFile(file);
  if (read.kind === "problem") problems.push(read.problem);
  return read.kind === "text" ? { name, file, text: read.text } : undefined;
}

function missingTemplate(name: string, file: string): FileProblem {
  return {
    file,
    line: 1,
    column: 1,
    message: `the template ${name} is missing, so its message cannot be sent`,
    remedy: "Create the file; the first line is `Subject: …`, then an empty line, then the text.",
  };
}
