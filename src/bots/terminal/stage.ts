import type { RunView } from '../../db/runs.ts';
import type { NextPrices } from '../../pipeline/quote.ts';
import type { Card, Form } from '../card.ts';
import type { FormValues } from '../commands/command.ts';
import type { Answer } from '../commands/request.ts';

/** The output of a session: drawn on a terminal, or in lines. */
export type Stage = {
  card: (card: Card, links: ReadonlyMap<string, string>) => void;
  accepted: (run: Extract<Answer, { kind: 'run' }>) => void;
  changed: (view: RunView) => void;
  delivered: (view: RunView, facts: Delivered) => void;
  line: (line: string) => void;
  /** The lines that the person can type next. */
  next: (lines: readonly string[]) => void;
  /** Lets the person fill in a form. Resolves with null if they did not. A stage without forms has null here. */
  form: ((form: Form) => Promise<FormValues | null>) | null;
  /** Asks for confirmation. A stage where nobody can answer has null here. */
  confirm: ((question: string) => Promise<boolean>) | null;
};

/**
 * The facts known at the end of a run: the balance, the prices of new runs based on it, and the place of each object. Null: the
 * database could not be asked.
 */
export type Delivered = {
  balance: number | null;
  prices: NextPrices | null;
  links: ReadonlyMap<string, string>;
};
