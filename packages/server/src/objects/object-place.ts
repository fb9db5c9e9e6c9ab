import { ObjectStoreError } from "./object-store.ts";

/** Where objects are kept: a bucket of an S3-compatible store, and what every key begins with. Holds no secrets. */
export interface ObjectPlace {
  readonly bucket: string;
  /** empty, or ends with `/` */
  readonly prefix: string;
  readonly region: string;
  /** URL of the bucket, ends with `/` */
  readonly bucketUrl: string;
  /** `s3://bucket/prefix`, for people */
  readonly name: string;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const KNOWN = new Set(["endpoint", "region", "style"]);

/**
 * Reads `s3://BUCKET/PREFIX?endpoint=https://…&region=…&style=path|virtual`. Without an endpoint it is Amazon's own of the
 * region. Unencrypted http is taken for this machine only.
 *
 * @throws ObjectStoreError `bad_place` when it is none, or holds credentials
 */
export function parseObjectPlace(text: string): ObjectPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "s3:") throw badPlace("it is not of the form s3://BUCKET/PREFIX");
  if (url.username !== "" || url.password !== "") {
    throw badPlace("credentials do not belong there: name the secrets that hold them");
  }
  const bucket = url.hostname;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw badPlace("the bucket's name is not one");
  const prefix = url.pathname.replace(/^\/+|\/+$/g, "");
  if (prefix !== "" && !isObjectKey(prefix))
    throw badPlace("the prefix takes letters, digits and . _ - between slashes");
  for (const name of url.searchParams.keys()) {
    if (!KNOWN.has(name)) throw badPlace(`it takes endpoint, region and style, not ${name}`);
  }
  const region = url.searchParams.get("region") ?? "us-east-1";
  if (!/^[a-z0-9-]{1,40}$/.test(region)) throw badPlace("the region is not one");
  const bucketUrl = bucketUrlOf(bucket, region, url.searchParams);
  const name = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
  return { bucket, prefix: prefix === "" ? "" : `${prefix}/`, region, bucketUrl, name };
}

function bucketUrlOf(bucket: string, region: string, params: URLSearchParams): string {
  const endpoint = params.get("endpoint");
  const text = endpoint ?? `https://s3.${region}.amazonaws.com`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "" || url.search !== "") {
    throw badPlace("the endpoint is not a plain address");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.has(url.hostname))) {
    throw badPlace("the endpoint needs https");
  }
  const style = params.get("style") ?? (endpoint === null && !bucket.includes(".") ? "virtual" : "path");
  if (style !== "path" && style !== "virtual") throw badPlace("the style is path or virtual");
  const base = url.pathname.replace(/\/+$/, "");
  return style === "virtual" ? `${url.protocol}//${bucket}.${url.host}${base}/` : `${url.origin}${base}/${bucket}/`;
}

function badPlace(why: string): ObjectStoreError {
  return new ObjectStoreError("bad_place", `the address of the object store cannot be used: ${why}`);
}

/** Keys that mean the same to every server and every library: no encoding, no dot segments. */
export function isObjectKey(key: string): boolean {
  if (key.length > 512 || !/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(key)) return false;
  return key.split("/").every((part) => part !== "." && part !== "..");
}
