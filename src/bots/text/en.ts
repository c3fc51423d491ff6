import * as audit from './en/audit.ts';
import * as cast from './en/cast.ts';
import * as commands from './en/commands.ts';
import * as discord from './en/discord.ts';
import * as latePage from './en/latePage.ts';
import * as measures from './en/measures.ts';
import * as operations from './en/operations.ts';
import * as operator from './en/operator.ts';
import * as page from './en/page.ts';
import * as prices from './en/prices.ts';
import * as proposals from './en/proposals.ts';
import * as refusals from './en/refusals.ts';
import * as runs from './en/runs.ts';
import * as slack from './en/slack.ts';
import * as terminal from './en/terminal.ts';
import * as upgrade from './en/upgrade.ts';
import * as web from './en/web.ts';

export const en = {
  audit,
  cast,
  commands,
  discord,
  latePage,
  measures,
  operations,
  prices,
  operator,
  page,
  proposals,
  refusals,
  runs,
  slack,
  terminal,
  upgrade,
  web,
};
