export type { inner } from "../storage/index.ts";
export const doorTouchesStorage = await import("../storage/index.ts");
