export { checkDatabase, openDatabase } from "./connect.ts";
export type { Database, OpenOptions } from "./connect.ts";
export { explainDatabaseError, isTransientDatabaseError } from "./database-errors.ts";
export { describeDatabaseUrl } from "./database-url.ts";
export { dropEventPartitions, ensureEventPartitions } from "./partitions.ts";
export type * from "./schema.ts";
export { LIVE_CHANNEL, notifyLive } from "./live.ts";
export { emitDomainEvent } from "./outbox.ts";
export type { DomainEvent, DomainEventOf, DomainEventType, IncidentChange } from "./outbox.ts";
