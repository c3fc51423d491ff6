import { z } from 'zod';
import { type ApiToken, createToken, listTokens, revokeToken } from '../../db/auth.ts';
import { type Card, type Entry, textCard } from '../card.ts';
import { shortId } from '../runCard.ts';
import { type Text, textOf } from '../text.ts';
import { command } from './command.ts';
import { choiceOption, textOption } from './option.ts';

/** An operator's token can be made only on the operator's machine: no admin of a workspace may change its own balance. */
const scopes = ['member', 'admin'] as const;

/** Creates tokens for programs. The answer is private, and it is the only time that a token is shown. */
export const api = command({
  name: 'api',
  describe: (text) => text.commands.describe.api,
  access: 'admin',
  options: z.object({
    create: choiceOption(scopes, null, (text) => text.commands.options.create),
    label: textOption(80, (text) => text.commands.options.label),
    revoke: textOption(80, (text) => text.commands.options.revoke),
  }),
  run: async ({ services, workspace, member, locale }, { create, label, revoke }) => {
    const text = textOf(locale);
    const { tokens: words } = text.web;
    const list = async (title: string) => tokensCard(await listTokens(services.db, workspace.id), title, text);
    if (revoke !== undefined) {
      const gone = await revokeToken(services.db, workspace.id, revoke.replace(/…$/, ''), member.id);
      return { kind: 'card', card: await list(gone ? words.revoked(gone.label) : words.unknown(revoke)) };
    }
    if (create === undefined) return { kind: 'card', card: await list(words.title) };
    const made = await createToken(services.db, {
      workspaceId: workspace.id,
      scope: create,
      createdBy: member.id,
      label: label ?? words.unnamed,
    });
    const how = words.how(services.publicUrl ?? words.somewhere);
    const card = textCard('good', words.created(create), words.once, how);
    return { kind: 'card', card: { ...card, blocks: [{ kind: 'code', characters: made.words }, ...card.blocks] } };
  },
});

function tokensCard(tokens: readonly ApiToken[], title: string, text: Text): Card {
  const { tokens: words } = text.web;
  if (tokens.length === 0) return textCard('plain', title, words.none);
  const entries = tokens.map(
    ({ id, label, scope, lastFour, createdAt, lastUsedAt }): Entry => ({
      at: createdAt,
      label: shortId(id),
      text: `${label} (${words.line(scope, lastFour)})`,
      media: [],
      aside: lastUsedAt ? words.used(lastUsedAt.toISOString().slice(0, 10)) : words.unused,
    }),
  );
  return {
    ...textCard('plain', title),
    blocks: [
      { kind: 'entries', heading: '', entries },
      { kind: 'text', text: words.change },
    ],
  };
}
