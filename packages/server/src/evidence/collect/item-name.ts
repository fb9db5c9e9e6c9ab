import type { Scene, SessionSubject } from "./collector.ts";

/** The name of something of one session: plain when the collection is of one, below the session's id when of several. */
export function nameFor(scene: Scene, session: SessionSubject, name: string): string {
  return scene.subject.sessions.length > 1 ? `sessions/${session.sessionId}/${name}` : name;
}

/** `/var/log/auth.log` becomes `logs/var/log/auth.log`. */
export function nameOfFile(prefix: string, file: string): string {
  return `${prefix}/${file.replace(/^\/+/, "")}`;
}
