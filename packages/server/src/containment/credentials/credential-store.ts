/** A place that keeps a credential for whoever uses it. @throws StoreFault from its verbs */
export interface CredentialStore {
  /** for people; never changes for one store */
  readonly label: string;
  /** @returns null when there is none yet, undefined when it cannot be read back */
  read(): Promise<string | null | undefined>;
  write(value: string): Promise<void>;
}
