export { createApiServices } from "./house-services/index.ts";
export { createHttpServer } from "./http-server.ts";
export type { HttpServer } from "./http-server.ts";
export { createLiveHub } from "./live-hub.ts";
export type { LiveClient, LiveHub, LiveHubOptions, LiveStats } from "./live-hub.ts";
export type { HttpServerOptions } from "./options.ts";
export { PortInUseError } from "./port.ts";
export type * from "./requests.ts";
export type { ApiServices, Page, RawBatch, SignedIn, WithId } from "./services.ts";
