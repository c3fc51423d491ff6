import { accountOf } from '../../db/credits.ts';
import type { RunView } from '../../db/runs.ts';
import { progressOf } from '../../pipeline/progress.ts';
import { nextPrices } from '../../pipeline/quote.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { resultCard } from '../resultCard.ts';
import { textOf } from '../text.ts';
import { numbersOf } from '../versions.ts';

/** Shows a run again, with its results and buttons. It costs nothing. Platforms show the media of this card. */
export async function showRun(request: CommandRequest, view: RunView): Promise<Answer> {
  const { services, workspace, locale } = request;
  const { balance } = await accountOf(services.db, workspace.id);
  const prices = await nextPrices(services, view);
  const { parentVersion } = await numbersOf(request, view);
  const known = { balance, prices, parentVersion };
  const card = resultCard(view, progressOf(view, services.now()), textOf(locale), known);
  return { kind: 'status', card, view };
}
