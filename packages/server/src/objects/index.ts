export { hashObject, keepObject } from "./keep-object.ts";
export type { KeepRequest, KeptObject } from "./keep-object.ts";
export { parseObjectPlace } from "./object-place.ts";
export type { ObjectPlace } from "./object-place.ts";
export { ObjectStoreError } from "./object-store.ts";
export type { ObjectLock, ObjectStore, ObjectVersion } from "./object-store.ts";
export { openS3Store } from "./s3-store.ts";
export type { S3Credentials } from "./s3-request.ts";
