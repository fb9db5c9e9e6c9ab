// Writes src/api/paths.generated.ts, the types that openapi-fetch needs, from the committed OpenAPI document.
// `--check` writes nothing and fails when the committed file is stale. Our own because openapi-typescript 7
// asks for TypeScript 5 and npm cannot resolve it beside TypeScript 7.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SOURCE = new URL("../../server/src/api/openapi.json", import.meta.url);
const TARGET = new URL("../src/api/paths.generated.ts", import.meta.url);
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const PLACES = ["query", "header", "path", "cookie"];
const SCALARS = { string: "string", number: "number", integer: "number", boolean: "boolean", null: "null" };

const quote = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const indent = (text) => text.replaceAll("\n", "\n  ");
const block = (lines) => (lines.length === 0 ? "{}" : `{\n  ${lines.map(indent).join("\n  ")}\n}`);
const union = (parts) => [...new Set(parts)].join(" | ") || "never";

/** Schemas become types of the same name, which may refer to themselves. */
function refType(ref) {
  const name = /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1];
  if (name === undefined) throw new Error(`only references to named schemas are understood, not ${ref}`);
  return name;
}

function objectType(schema) {
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => `${quote(name)}${required.has(name) ? "" : "?"}: ${typeOf(property)};`,
  );
  const rest = schema.additionalProperties;
  if (lines.length > 0) return block(lines);
  if (rest === false) return "Record<string, never>";
  // An index signature, not Record: only this may refer to itself.
  return `{ [key: string]: ${rest === undefined || rest === true ? "unknown" : typeOf(rest)} }`;
}

function arrayType(schema) {
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
  return `(${typeOf(schema.items ?? {})})[]`;
}

function namedType(schema, type) {
  if (type === "object") return objectType(schema);
  if (type === "array") return arrayType(schema);
  const scalar = SCALARS[type];
  if (scalar === undefined) throw new Error(`the schema type ${JSON.stringify(type)} is not understood`);
  return scalar;
}

/** A JSON Schema (2020-12, as zod writes it) as a TypeScript type. */
function typeOf(schema) {
  if (schema === true) return "unknown";
  if (schema === false) return "never";
  if (schema.$ref) return refType(schema.$ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return union(choices.map(typeOf));
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOf(part)})`).join(" & ");
  const types = [schema.type ?? (schema.properties ? "object" : undefined)].flat();
  if (types[0] === undefined) return "unknown";
  return union([...types.map((type) => namedType(schema, type)), ...(schema.nullable ? ["null"] : [])]);
}

function contentType(content = {}) {
  const lines = Object.entries(content).map(([media, { schema }]) => `${quote(media)}: ${typeOf(schema ?? {})};`);
  return lines.length === 0 ? "never" : block(lines);
}

function parametersType(parameters) {
  const lines = PLACES.map((place) => {
    const here = parameters.filter((parameter) => parameter.in === place);
    if (here.length === 0) return `${place}?: never;`;
    const optional = here.every((parameter) => !parameter.required);
    const fields = here.map((p) => `${quote(p.name)}${p.required ? "" : "?"}: ${typeOf(p.schema ?? {})};`);
    return `${place}${optional ? "?" : ""}: ${block(fields)};`;
  });
  return block(lines);
}

function operationType(operation, shared) {
  const body = operation.requestBody;
  const responses = Object.entries(operation.responses ?? {}).map(([status, { content }]) => {
    const lines = ["headers: Record<string, unknown>;", `content${content ? "" : "?"}: ${contentType(content)};`];
    return `${status}: ${block(lines)};`;
  });
  return block([
    `parameters: ${parametersType([...shared, ...(operation.parameters ?? [])])};`,
    body
      ? `requestBody${body.required ? "" : "?"}: ${block([`content: ${contentType(body.content)};`])};`
      : "requestBody?: never;",
    `responses: ${block(responses)};`,
  ]);
}

function pathType(item) {
  const shared = item.parameters ?? [];
  return block([
    `parameters: ${parametersType(shared)};`,
    ...METHODS.map((name) => (item[name] ? `${name}: ${operationType(item[name], shared)};` : `${name}?: never;`)),
  ]);
}

function renderClient(document) {
  const paths = Object.entries(document.paths).map(([path, item]) => `${JSON.stringify(path)}: ${pathType(item)};`);
  const schemas = Object.entries(document.components?.schemas ?? {});
  return [
    "// Generated from packages/server/src/api/openapi.json by scripts/generate-client.mjs. Do not edit.",
    ...schemas.map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`),
    `export interface paths ${block(paths)}\n`,
  ].join("\n\n");
}

const rendered = renderClient(
  JSON.parse(readFileSync(process.argv.find((arg) => arg.endsWith(".json")) ?? SOURCE, "utf8")),
);
if (process.argv.includes("--check")) {
  if (readFileSync(TARGET, "utf8") !== rendered) {
    process.stderr.write(
      "packages/console/src/api/paths.generated.ts is stale; run `npm run generate -w packages/console`.\n",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(TARGET, rendered);
  process.stdout.write(`wrote ${fileURLToPath(TARGET)}\n`);
}
