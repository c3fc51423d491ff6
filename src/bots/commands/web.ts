import { z } from 'zod';
import { createLink, linkMinutes } from '../../db/auth.ts';
import { textCard } from '../card.ts';
import { textOf } from '../text.ts';
import { command } from './command.ts';

/** A private link to the page, for the member whom the platform vouches for at this moment. */
export const web = command({
  name: 'web',
  describe: (text) => text.commands.describe.web,
  access: 'member',
  // The link in the answer opens the page for an hour.
  needsCurrentRights: true,
  options: z.object({}),
  run: async ({ services, workspace, member, channelIds = null, locale }) => {
    const { link: words } = textOf(locale).web;
    if (services.publicUrl === null) {
      if (workspace.platform === 'terminal' && services.localAddress !== undefined) {
        const card = textCard('plain', words.local, words.localText);
        const link = { kind: 'link', label: words.open, url: services.localAddress } as const;
        return { kind: 'card', card: { ...card, blocks: [link, ...card.blocks] } };
      }
      const sentence = workspace.platform === 'terminal' ? words.here : words.noAddressText;
      return { kind: 'card', card: textCard('warning', words.noAddress, sentence) };
    }
    const secret = await createLink(services.db, { workspaceId: workspace.id, member, channelIds, locale });
    const card = textCard('plain', words.title, words.text(linkMinutes));
    const url = linkTo(services.publicUrl, secret);
    return { kind: 'card', card: { ...card, blocks: [{ kind: 'link', label: words.open, url }, ...card.blocks] } };
  },
});

/**
 * Browsers do not send the part after `#`: it reaches neither this server's log nor a chat's preview. The page sends it when
 * somebody presses the button, so that a program that follows links cannot use it up.
 */
const linkTo = (publicUrl: string, secret: string): string => `${publicUrl}/enter#${secret}`;
