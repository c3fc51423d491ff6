import * as commands from './en/commands.ts';
import * as discord from './en/discord.ts';
import * as measures from './en/measures.ts';
import * as operator from './en/operator.ts';
import * as refusals from './en/refusals.ts';
import * as runs from './en/runs.ts';
import * as slack from './en/slack.ts';
import * as terminal from './en/terminal.ts';

export const en = { commands, discord, measures, operator, refusals, runs, slack, terminal };
