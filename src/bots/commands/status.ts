import { z } from 'zod';
import { accountOf } from '../../db/credits.ts';
import { queuePositionOf } from '../../db/queuePosition.ts';
import { progressOf } from '../../pipeline/progress.ts';
import { nextPrices } from '../../pipeline/quote.ts';
import { runCard } from '../runCard.ts';
import { textOf } from '../text.ts';
import { numbersOf, withVersions } from '../versions.ts';
import { command } from './command.ts';
import { namedRun, newestRun } from './find.ts';
import { runOption } from './option.ts';

export const status = command({
  name: 'status',
  describe: (text) => text.commands.describe.status,
  access: 'member',
  options: z.object({ run: runOption((text) => text.commands.options.run) }),
  run: async (request, { run: reference }) => {
    const { services, workspace, locale } = request;
    const found = reference === undefined ? await newestRun(request) : await namedRun(request, reference);
    if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
    const { view } = found;
    const { balance } = await accountOf(services.db, workspace.id);
    const isQueued = view.run.state === 'queued';
    const queue = isQueued ? { queue: await queuePositionOf(services.db, view.run.id, services.limits) } : {};
    const prices = view.run.settledAt ? { prices: await nextPrices(services, view) } : {};
    const progress = progressOf(view, services.now());
    const text = textOf(locale);
    const { versions, parentVersion } = await numbersOf(request, view);
    const card = runCard(view, progress, text, { balance, ...queue, ...prices, parentVersion });
    return { kind: 'status', view, card: await withVersions(services.db, card, view, versions, text) };
  },
});
