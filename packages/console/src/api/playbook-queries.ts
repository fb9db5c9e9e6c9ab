import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "./client.ts";

const RUNS_LIMIT = 100;

export const playbooksQuery = queryOptions({
  queryKey: ["playbooks"],
  queryFn: () => unwrap(client.GET("/api/v1/playbooks")),
});

export const playbookQuery = (id: string) =>
  queryOptions({
    queryKey: ["playbook", id],
    queryFn: () => unwrap(client.GET("/api/v1/playbooks/{id}", { params: { path: { id } } })),
  });

/** The newest runs. */
export const runsQuery = queryOptions({
  queryKey: ["runs"],
  queryFn: () => unwrap(client.GET("/api/v1/runs", { params: { query: { limit: RUNS_LIMIT } } })),
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: () => unwrap(client.GET("/api/v1/runs/{id}", { params: { path: { id } } })),
  });

/** What a run was begun with does not change. */
export const runPlaybookQuery = (id: string) =>
  queryOptions({
    queryKey: ["run-playbook", id],
    queryFn: () => unwrap(client.GET("/api/v1/runs/{id}/playbook", { params: { path: { id } } })),
    staleTime: Infinity,
  });

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id],
    queryFn: () => unwrap(client.GET("/api/v1/approvals/{id}", { params: { path: { id } } })),
  });

/** Which playbooks fit the incident, and whom the profile brings in. */
export const guidanceQuery = (id: string) =>
  queryOptions({
    queryKey: ["guidance", id],
    queryFn: () => unwrap(client.GET("/api/v1/incidents/{id}/guidance", { params: { path: { id } } })),
  });

const DRILLS_LIMIT = 200;

export const drillsQuery = queryOptions({
  queryKey: ["drills"],
  queryFn: () => unwrap(client.GET("/api/v1/drills", { params: { query: { limit: DRILLS_LIMIT } } })),
});

export const drillQuery = (id: string) =>
  queryOptions({
    queryKey: ["drill", id],
    queryFn: () => unwrap(client.GET("/api/v1/drills/{id}", { params: { path: { id } } })),
  });
