/** The OpenAPI 3.1 document, made from the route table. */
import { ERROR_CODES } from "@firebreak/protocol";
import { z } from "zod";
import type { Route } from "./route.ts";
import { REQUESTS } from "./request-schemas.ts";
import { ANSWERS } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const SCHEMA_PATH = "#/components/schemas/";
const PROBLEM = { $ref: `${SCHEMA_PATH}Problem` };

/** zod puts what several schemas share (only the recursive JSON value) under this name. */
const SHARED_REF = `${SCHEMA_PATH}__shared#/$defs/schema0`;

const problemSchema: Json = {
  type: "object",
  description: "A problem detail (RFC 9457). The code is stable; the detail says what happened and what to do.",
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(ERROR_CODES) },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: { where: { type: "string" }, message: { type: "string" } },
        required: ["where", "message"],
      },
    },
    requestId: { type: "string" },
  },
  required: ["type", "title", "status", "code", "detail"],
};

function registryOf(schemas: Readonly<Record<string, z.ZodType>>) {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  return registry;
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What zod adds and a reader does not need: stand-alone identity, bounds of safe integers, the date's long pattern. */
function isNoise(key: string, member: unknown, owner: Json): boolean {
  if (key === "$schema" || key === "$id" || key === "propertyNames") return true;
  if (key === "maximum" || key === "minimum") return Math.abs(Number(member)) === Number.MAX_SAFE_INTEGER;
  return key === "pattern" && owner["format"] === "date-time";
}

/** Drops the noise, and names the shared recursive value. */
function tidy(value: unknown): unknown {
  if (value === SHARED_REF) return `${SCHEMA_PATH}JsonValue`;
  if (Array.isArray(value)) return value.map(tidy);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key, member]) => !isNoise(key, member, value));
  return Object.fromEntries(kept.map(([key, member]) => [key, tidy(member)]));
}

function componentsOf(schemas: Readonly<Record<string, z.ZodType>>, io: "input" | "output"): Json {
  const made = z.toJSONSchema(registryOf(schemas), {
    uri: (id) => SCHEMA_PATH + id,
    io,
    // a reader must bear new fields in an answer; what is sent stays strict
    override: ({ jsonSchema }) => {
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }).schemas;
  const named: [string, unknown][] = Object.entries(made).filter(([id]) => id !== "__shared");
  const shared = made["__shared"]?.$defs?.["schema0"];
  if (shared !== undefined) named.push(["JsonValue", shared]);
  return Object.fromEntries(named.map(([id, schema]) => [id, tidy(schema)]));
}

function nameOf(schemas: Readonly<Record<string, z.ZodType>>, schema: z.ZodType): string | undefined {
  return Object.entries(schemas).find(([, candidate]) => candidate === schema)?.[0];
}

/** @returns a reference where the schema has a name, else the schema itself */
function schemaOf(schema: z.ZodType, io: "input" | "output"): unknown {
  const name = nameOf(io === "output" ? ANSWERS : REQUESTS, schema);
  if (name !== undefined) return { $ref: SCHEMA_PATH + name };
  return tidy(z.toJSONSchema(schema, { io, unrepresentable: "any" }));
}

function parametersOf(schema: z.ZodObject | null, place: "path" | "query"): Json[] {
  if (schema === null) return [];
  return Object.entries(schema.shape).map(([name, member]) => ({
    name,
    in: place,
    required: place === "path",
    schema: tidy(z.toJSONSchema(z.object({ member }), { io: "input", unrepresentable: "any" }).properties?.["member"]),
  }));
}

/** The names in a vendor's path. */
function segmentsOf({ endpoint, path }: Route): Json[] {
  if (endpoint === null) return [];
  return [...path.matchAll(/:([a-z]+)/gi)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function bodyOf(route: Route): Json {
  if (route.media === "batch") {
    const one = { $ref: `${SCHEMA_PATH}AgentEventInput` };
    const json = { schema: { anyOf: [one, { type: "array", items: one }] } };
    const lines = { schema: { type: "string", description: "one AgentEventInput as JSON on each line" } };
    return { requestBody: { required: true, content: { "application/json": json, "application/x-ndjson": lines } } };
  }
  if (route.media === "otlp") {
    const request = { schema: { type: "string", description: "an OTLP request (opentelemetry-proto)" } };
    return { requestBody: { required: true, content: { "application/x-protobuf": request, "application/json": {} } } };
  }
  if (route.body === null) return {};
  const content = { "application/json": { schema: schemaOf(route.body, "input") } };
  return { requestBody: { required: true, content } };
}

const MEDIA_TYPES: Readonly<Partial<Record<Route["media"], string>>> = {
  "event-stream": "text/event-stream",
  feed: "text/event-stream",
  metrics: "text/plain",
  download: "application/octet-stream",
};

function answerOf(route: Route): Json {
  if (route.media === "otlp") {
    const partial = "Taken; with partialSuccess when records were refused";
    return { description: partial, content: { "application/x-protobuf": {}, "application/json": {} } };
  }
  if (route.response === null) return { description: "Done" };
  const media = MEDIA_TYPES[route.media] ?? "application/json";
  return { description: route.summary, content: { [media]: { schema: schemaOf(route.response, "output") } } };
}

function responsesOf(route: Route): Json {
  if (route.media === "wire") {
    return {
      [String(route.status)]: { description: route.summary },
      default: { description: "As the vendor words it" },
    };
  }
  const problem = { description: "What went wrong", content: { "application/problem+json": { schema: PROBLEM } } };
  const statuses = [route.status, ...route.otherStatuses].map((status) => [String(status), answerOf(route)] as const);
  return { ...Object.fromEntries(statuses), default: problem };
}

function securityOf(route: Route): Json[] {
  if (route.access === "public") return [];
  if (route.access === "source") return [{ sourceKey: [] }];
  return route.media === "wire" ? [{ bearer: [] }] : [{ cookie: [] }, { bearer: [] }];
}

function operationOf(route: Route): Json {
  const parameters = [
    ...parametersOf(route.params, "path"),
    ...parametersOf(route.query, "query"),
    ...segmentsOf(route),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    "x-firebreak-access": route.access,
    security: securityOf(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route),
    responses: responsesOf(route),
  };
}

function pathsOf(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z]+)/gi, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return paths;
}

/** @returns the document; the same routes always give the same text */
export function buildOpenApi(routes: readonly Route[]): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Firebreak",
      version: "1",
      description: "Incident response for AI agents. Errors are problem details (RFC 9457). Times are ISO 8601 in UTC.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: pathsOf(routes),
    components: {
      schemas: {
        ...componentsOf(ANSWERS, "output"),
        ...componentsOf(REQUESTS, "input"),
        Problem: problemSchema,
      },
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "firebreak_session" },
        bearer: { type: "http", scheme: "bearer", description: "An API token: fbk_<id>_<secret>" },
        sourceKey: { type: "http", scheme: "bearer", description: "A source's key, where its vendor puts keys" },
      },
    },
  };
}
