import type { Given } from '../commands/read.ts';
import type { GivenOption } from './incoming.ts';

/** Turns Discord's options into those of our commands. Discord gives an attachment by its id. */
export const givenOf = (options: readonly GivenOption[]): Given =>
  Object.fromEntries(options.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
