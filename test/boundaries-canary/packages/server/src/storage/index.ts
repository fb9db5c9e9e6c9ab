export * from "./inner.ts";
