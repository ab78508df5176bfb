/** What `nest add` hands over: see schema.json. */
export interface NestAddOptions {
  /** Folder of main.ts, from the app's top. */
  readonly sourceRoot: string;
  readonly skipInstall: boolean;
}
