import { inner } from "../storage/index.ts";
export const wrongDirection = inner;
