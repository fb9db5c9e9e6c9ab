export { startHttpProxy } from "./http-proxy.ts";
export type { HttpProxy, HttpProxyOptions } from "./http-proxy.ts";
export { runStdioProxy } from "./stdio-proxy.ts";
export type { StdioProxyOptions } from "./stdio-proxy.ts";
export { acceptTool, changedTools, listPinnedServers, openToolPins } from "./tool-pins.ts";
export type { AcceptedTool, PinnedServer, SeenTool, ToolPins } from "./tool-pins.ts";
