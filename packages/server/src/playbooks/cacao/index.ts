export { fromCacao } from "./from-cacao.ts";
export type { CacaoReading } from "./from-cacao.ts";
export { toCacao } from "./to-cacao.ts";
