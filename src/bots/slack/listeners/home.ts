import type { types } from '@slack/bolt';
import { accountOf } from '../../../db/credits.ts';
import { usageOf } from '../../../db/creditUse.ts';
import { listRuns, type RunView } from '../../../db/runs.ts';
import { ensureWorkspace, settingsOf } from '../../../db/workspaces.ts';
import { keyFields, listKeys } from '../../commands/keys.ts';
import { settingsCard } from '../../commands/settingsCard.ts';
import { mediaOf } from '../../runCard.ts';
import type { Text } from '../../text.ts';
import {
  button,
  buttonRow,
  context,
  fields,
  header,
  limits,
  paragraph,
  type SlackBlock,
  section,
  thumbnail,
} from '../blocks.ts';
import { isShownInline } from '../buttons.ts';
import { cardMessage } from '../cardBlocks.ts';
import { isPassingRefusal, refusalOf } from '../client.ts';
import { postedMessagesOf } from '../conversation.ts';
import { escaped, link } from '../escape.ts';
import { homePayload, sourceOfEvent } from '../payloads.ts';
import { asOfNow, type RequestContext, type RequestDeps, receive } from '../requestContext.ts';

const listed = 8;

/** Redraws the app's Home each time a member opens it, so that it is never older than their last look. */
export async function onHome(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = homePayload.safeParse(body);
  if (!payload.success || (payload.data.event.tab ?? 'home') !== 'home') return;
  const source = sourceOfEvent(payload.data);
  const userId = payload.data.event.user;
  const requester = {
    source,
    userId,
    userName: userId,
    workspaceName: source.teamId ?? '',
    requestKey: `slack:event:${payload.data.event_id}`,
    channel: null,
    threadTs: null,
    responseUrl: null,
    fileIds: [],
  };
  await receive(deps, requester, async (context) => {
    const { client } = context.connection;
    const publish = async (shows: { images: boolean }) =>
      client.views.publish({ user_id: userId, view: await homeView(context, shows) });
    await publish({ images: true }).catch(async (error: unknown) => {
      const refusal = refusalOf(error);
      // One image that somebody deleted by hand is enough for Slack to refuse the whole Home. So we publish it again without
      // images.
      if (refusal === null || isPassingRefusal(refusal)) throw error;
      await publish({ images: false });
    });
  });
}

async function homeView(context: RequestContext, shows: { images: boolean }): Promise<types.HomeView> {
  const { deps, text, request } = context;
  const { services, workspace } = request;
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const [account, usage, runs, { member }] = await Promise.all([
    accountOf(services.db, workspace.id),
    usageOf(services.db, workspace.id),
    listRuns(services.db, workspace.id, { limit: listed, memberId: context.requester.userId }),
    asOfNow(context),
  ]);
  const { creditsCard } = text.commands;
  const { home } = text.slack;
  const blocks: SlackBlock[] = [
    header(home.title),
    ...buttonRow([button('open:create', home.create, 'primary')]),
    header(home.credits),
    ...fields([
      { label: creditsCard.balance, value: text.measures.credits(account.balance) },
      { label: creditsCard.held, value: text.measures.credits(account.held) },
      { label: creditsCard.usage, value: `${usage.day}, ${usage.week}, ${usage.month}` },
    ]),
    header(home.runs),
    ...(runs.length === 0 ? [paragraph(home.noRuns)] : runs.flatMap((view) => runBlocks(view, shows, text))),
    ...(member.isAdmin ? await adminBlocks(context) : []),
  ];
  deps.signal.throwIfAborted();
  return { type: 'home', blocks: blocks.slice(0, limits.blocksPerView) };
}

/** A run in a few lines: its prompt, state and image, and a link to its thread. */
function runBlocks(view: RunView, shows: { images: boolean }, text: Text): SlackBlock[] {
  const { run } = view;
  const postedMessages = postedMessagesOf(run.postedMessages);
  const facts = [text.measures.moment(run.createdAt), text.runs.runNames[run.workflow], text.runs.states[run.state]];
  const image = shows.images
    ? mediaOf(view, text).find((media) => media.kind === 'image' && isShownInline(media))
    : undefined;
  const file = image ? postedMessages.files[image.objectKey] : undefined;
  return [
    section(`*${escaped(text.measures.few(run.prompt))}*`),
    context(facts.join(' · ')),
    ...(file?.state === 'shared' ? [thumbnail(file.fileId, run.prompt)] : []),
    ...(postedMessages.permalink === null ? [] : [section(link(postedMessages.permalink, text.slack.home.open))]),
  ];
}

async function adminBlocks({ request, text }: RequestContext): Promise<SlackBlock[]> {
  const { services, workspace } = request;
  const [keys, settings] = await Promise.all([listKeys(request), settingsOf(services.db, workspace.id)]);
  const { home } = text.slack;
  const card = settingsCard(request, settings, home.settings);
  return [
    header(home.admin),
    ...fields(keyFields(keys, text)),
    ...cardMessage(card, text).blocks.slice(1),
    ...buttonRow([button('open:keys', home.keys), button('open:settings', home.settings)]),
  ];
}
