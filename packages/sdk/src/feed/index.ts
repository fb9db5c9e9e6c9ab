export { openGateFeed } from "./gate-feed.ts";
export type { FeedSaid } from "./heard-event.ts";
export type { GateFeed, GateFeedOptions } from "./gate-feed.ts";
export { nodePlatform } from "./node-platform.ts";
