/** Carries out a command. The program ends with its status. */
export type Then = (work: Promise<number>) => Promise<void>;

/** Options that many commands have. */
export type Json = { json?: true };
export type Sure = Json & { yes?: true };
