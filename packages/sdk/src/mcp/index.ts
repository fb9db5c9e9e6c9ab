export { startHttpProxy } from "./http-proxy.ts";
export type { HttpProxy, HttpProxyOptions } from "./http-proxy.ts";
export { runStdioProxy } from "./stdio-proxy.ts";
export type { StdioProxyOptions } from "./stdio-proxy.ts";
