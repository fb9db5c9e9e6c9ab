export * from "./config.ts";
export * from "./incident-id.ts";
export * from "./profile-schema.ts";
export * from "./profile.ts";
export * from "./secrets.ts";
export { readTextFile } from "./text-file.ts";
export type { TextRead } from "./text-file.ts";
export { problemsOfSchema, readYaml } from "./yaml-file.ts";
export type { FileProblem, YamlSource } from "./yaml-file.ts";
