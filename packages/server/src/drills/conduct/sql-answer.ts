import { z } from "zod";
import { askPostgres, postgresPlace } from "../services/ask-postgres.ts";
import { looking } from "./looking.ts";

/** A PostgreSQL of the sandbox answers a query with this value. */
export const sqlAnswer = looking(
  postgresPlace.extend({ query: z.string().min(1).max(1000), answer: z.union([z.string(), z.number()]) }),
  async (_end, { query, answer, ...place }) => {
    const found = await askPostgres(place, query);
    return { held: found === String(answer), found: found === null ? "no value" : found };
  },
);
