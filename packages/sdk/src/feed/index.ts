export { openGateFeed } from "./gate-feed.ts";
export type { FeedSaid, GateFeed, GateFeedOptions } from "./gate-feed.ts";
export { nodePlatform } from "./node-platform.ts";
