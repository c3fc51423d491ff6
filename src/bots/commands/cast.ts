import { z } from 'zod';
import { type ListedEntry, listCast } from '../../db/cast.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { castKinds, maxCastDescription, maxCastEntries, maxCastImages, maxCastName } from '../../domain.ts';
import { type AddOutcome, addCast, findCast, removeCast } from '../../pipeline/castEntries.ts';
import { castName, isCastName } from '../../pipeline/steps/cast.ts';
import { tidied } from '../../plainText.ts';
import type { Form, FormField } from '../card.ts';
import { castCard, castListCard, removedCard } from '../castCard.ts';
import { refusalCard } from '../refusalCard.ts';
import { type Text, textOf } from '../text.ts';
import { command } from './command.ts';
import { castOption, choiceOption } from './option.ts';
import type { CastRefusal } from './refusal.ts';
import type { Answer, CommandRequest } from './request.ts';

export const castActions = ['list', 'add', 'show', 'remove'] as const;

/** `add` answers with a form, because a picture is no option in most chats. */
export const cast = command({
  name: 'cast',
  describe: (text) => text.commands.describe.cast,
  access: 'member',
  options: z.object({
    action: choiceOption(castActions, 'list', (text) => text.commands.options.castAction, 'first'),
    name: castOption((text) => text.commands.options.castName),
  }),
  opensForm: ({ action }) => action === 'add',
  run: async (request, { name, action = name === undefined ? 'list' : 'show' }) => {
    switch (action) {
      case 'list':
        return await list(request);
      case 'add':
        return await openForm(request, name ?? '');
      case 'show':
        return name === undefined ? missingName : await show(request, name);
      case 'remove':
        return name === undefined ? missingName : await remove(request, name);
    }
  },
  submit: async (request, values) => {
    const { services, workspace, member, requestKey, openImage, signal } = request;
    const { name = '', description = '', kind, images = '', mayUse = '' } = values;
    const outcome = await addCast(services, {
      workspace,
      member,
      requestKey,
      name,
      kind: z.enum(castKinds).catch('character').parse(kind),
      description,
      images: images.split('\n').filter((image) => image.trim() !== ''),
      openImage,
      mayUse: mayUse === 'yes',
      signal,
    });
    return answerTo(request, outcome);
  },
});

const missingName: Answer = { kind: 'refusal', refusal: { reason: 'missing', command: 'cast', option: 'name' } };

const refusedBy = (why: CastRefusal): Answer => ({ kind: 'refusal', refusal: { reason: 'cast', why } });

async function list({ services, workspace, locale }: CommandRequest): Promise<Answer> {
  return { kind: 'card', card: castListCard(await listCast(services.db, workspace.id), textOf(locale)) };
}

async function show({ services, workspace, locale }: CommandRequest, name: string): Promise<Answer> {
  const found = await findCast(services.db, workspace.id, name);
  if (found.outcome !== 'found') return refusedBy(found);
  return { kind: 'card', card: castCard(found.entry, textOf(locale)) };
}

async function remove({ services, workspace, member, locale }: CommandRequest, name: string): Promise<Answer> {
  const removed = await removeCast(services, { workspace, member, name });
  if (removed.outcome !== 'removed') return refusedBy(removed);
  return { kind: 'card', card: removedCard(removed.entry, textOf(locale)) };
}

/** Refuses before somebody fills the form in, as far as the name alone decides. */
async function openForm({ services, workspace, member, locale }: CommandRequest, typed: string): Promise<Answer> {
  const { castBy } = await settingsOf(services.db, workspace.id);
  if (castBy === 'admins' && !member.isAdmin) return adminsOnly;
  const name = castName(tidied(typed).replace(/^@/u, ''));
  if (name !== '' && !isCastName(name)) return refusedBy({ outcome: 'bad_name', name, max: maxCastName });
  const entries = await listCast(services.db, workspace.id);
  if (entries.some((entry) => entry.name === name)) return refusedBy({ outcome: 'taken', name });
  if (entries.length >= maxCastEntries) return refusedBy({ outcome: 'full', max: maxCastEntries });
  return { kind: 'form', form: formFor(name, textOf(locale)) };
}

const adminsOnly: Answer = { kind: 'refusal', refusal: { reason: 'admins_only', command: 'cast add' } };

export function answerTo({ locale }: Pick<CommandRequest, 'locale'>, outcome: AddOutcome): Answer {
  const text = textOf(locale);
  const { card } = text.cast;
  switch (outcome.outcome) {
    case 'added':
      return { kind: 'card', card: castCard(outcome.entry, text, card.added(outcome.entry.name)) };
    case 'repeated':
      return { kind: 'card', card: repeatedCard(outcome.entry, text) };
    case 'admins_only':
      return adminsOnly;
    default: {
      const refusal = { reason: 'cast', why: outcome } as const;
      const field = fieldOf(outcome);
      if (field === null) return { kind: 'refusal', refusal };
      const { title, text: sentence } = text.refusals.refusal(refusal);
      return { kind: 'card', card: refusalCard(refusal, text), faults: { [field]: `${title}. ${sentence}` } };
    }
  }
}

function repeatedCard(entry: ListedEntry | null, text: Text) {
  const { alreadyAdded, removedSince } = text.cast.card;
  if (entry) return castCard(entry, text, alreadyAdded);
  return { ...castListCard([], text), title: alreadyAdded, blocks: [{ kind: 'text' as const, text: removedSince }] };
}

/** The field of the form that a refusal is about. Null: none of them. */
function fieldOf(why: CastRefusal): string | null {
  switch (why.outcome) {
    case 'bad_name':
    case 'taken':
      return 'name';
    case 'long_description':
      return 'description';
    case 'likeness':
      return 'mayUse';
    case 'image_count':
    case 'bad_image':
      return 'images';
    case 'objection':
      return why.number === null ? 'description' : 'images';
    case 'full':
    case 'no_entry':
    case 'not_yours':
      return null;
  }
}

function formFor(name: string, text: Text): Form {
  const { form: words, kinds } = text.cast;
  const fields: FormField[] = [
    {
      kind: 'text',
      name: 'name',
      label: words.name,
      hint: words.nameHint,
      maxLength: maxCastName + 1,
      isLong: false,
      value: name,
    },
    {
      kind: 'images',
      name: 'images',
      label: words.images,
      hint: words.imagesHint(maxCastImages),
      max: maxCastImages,
    },
    {
      kind: 'text',
      name: 'description',
      label: words.description,
      hint: words.descriptionHint,
      maxLength: maxCastDescription,
      isLong: true,
      value: '',
    },
    {
      kind: 'choice',
      name: 'kind',
      label: words.kind,
      choices: castKinds.map((kind) => ({ value: kind, label: kinds[kind] })),
      value: 'character',
    },
    {
      kind: 'ticks',
      name: 'mayUse',
      label: words.likeness,
      choices: [{ value: 'yes', label: words.mayUse }],
      ticked: [],
    },
  ];
  const pages = [{ name: 'add', label: words.title, fields }];
  return { command: 'cast', title: words.title, intro: words.intro, overview: null, pages };
}
