export { evidenceDaemons } from "./daemons.ts";
export { createCollections } from "./under-way.ts";
