/** @returns the parameters that lead where the URL does */
export function postgresParametersOf(databaseUrl: string): Readonly<Record<string, unknown>> {
  const url = new URL(databaseUrl);
  const socket = url.searchParams.get("host");
  return {
    ...(socket === null ? { host: url.hostname } : { socket }),
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
  };
}
