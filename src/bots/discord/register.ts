import { isDeepStrictEqual } from 'node:util';
import type { REST } from '@discordjs/rest';
import { OAuth2Scopes, Routes } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Command } from '../commands/command.ts';
import { wantedPermissions } from './permissions.ts';
import { registrationOf } from './registration.ts';
import { readId } from './rest.ts';

const registered = z.array(z.record(z.string(), z.json()));
type Json = z.infer<ReturnType<typeof z.json>>;

/** The application that the bot's token belongs to. */
export const applicationId = async (rest: REST): Promise<string> => readId(await rest.get(Routes.currentApplication()));

/** Registers the commands with Discord if its copy differs. We check first, because writes count against a daily allowance. */
export async function register(rest: REST, commands: readonly Command[]): Promise<'changed' | 'unchanged'> {
  const application = await applicationId(rest);
  if (await isRegistered(rest, application, commands)) return 'unchanged';
  await rest.put(Routes.applicationCommands(application), { body: registrationOf(commands) });
  return 'changed';
}

/** Tells whether Discord's copy of an application's commands matches ours. */
export async function isRegistered(
  rest: REST,
  application: string,
  commands: readonly Command[],
  signal?: AbortSignal,
): Promise<boolean> {
  const query = new URLSearchParams({ with_localizations: 'true' });
  const route = Routes.applicationCommands(application);
  const known = registered.parse(await rest.get(route, { query, ...(signal && { signal }) }));
  return sameCommands(known, registered.parse(registrationOf(commands)));
}

function sameCommands(known: readonly Json[], wanted: readonly Json[]): boolean {
  const inOrder = (list: readonly Json[]) => list.map((one) => JSON.stringify(shapeOf(one))).sort();
  return isDeepStrictEqual(inOrder(known), inOrder(wanted));
}

/**
 * Reduces a command to what we declare, without what Discord adds (ids, versions, defaults). Discord leaves out empty lists and
 * `false`.
 */
function shapeOf(known: Json): Json {
  if (Array.isArray(known)) return known.map((one) => shapeOf(one));
  if (known === null || typeof known !== 'object') return known;
  const entries = Object.entries(known).flatMap(([name, value]): [string, Json][] =>
    declared.has(name) && !isDefault(value) ? [[name, shapeOf(value)]] : [],
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isDefault = (value: Json) =>
  value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);

const declared = new Set([
  ...['type', 'name', 'value', 'description', 'description_localizations', 'fr', 'contexts', 'integration_types'],
  ...['options', 'required', 'choices', 'min_value', 'max_value', 'min_length', 'max_length', 'autocomplete'],
  ...['file_types'],
]);

/** The address at which an admin adds the bot to a server, with exactly the permissions that it needs. */
export const inviteLink = (application: string): string => {
  const link = new URL('https://discord.com/oauth2/authorize');
  link.searchParams.set('client_id', application);
  link.searchParams.set('scope', `${OAuth2Scopes.Bot} ${OAuth2Scopes.ApplicationsCommands}`);
  link.searchParams.set('permissions', String(wantedPermissions));
  return link.href;
};
