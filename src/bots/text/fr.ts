import { en } from './en.ts';
import * as cast from './fr/cast.ts';
import * as commands from './fr/commands.ts';
import * as discord from './fr/discord.ts';
import * as latePage from './fr/latePage.ts';
import * as measures from './fr/measures.ts';
import * as page from './fr/page.ts';
import * as proposals from './fr/proposals.ts';
import * as refusals from './fr/refusals.ts';
import * as runs from './fr/runs.ts';
import * as slack from './fr/slack.ts';
import * as terminal from './fr/terminal.ts';
import * as web from './fr/web.ts';

/** The texts for people in a chat, on the page and in the terminal. We address operators in English. */
export const fr = {
  ...en,
  cast,
  commands,
  discord,
  latePage,
  measures,
  page,
  proposals,
  refusals,
  runs,
  slack,
  terminal,
  web,
};
