export * from "./effector.ts";
