import { inner } from "../storage/inner.ts";
import { compile } from "@firebreak/console";
export const reachesInside = [inner, compile];
