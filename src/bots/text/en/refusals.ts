import type { Allowed, Refusal } from '../../commands/refusal.ts';
import { castRefusal, inVideo } from './cast.ts';
import { imageFault } from './images.ts';
import { allOf, anyOf, credits, duration, few } from './measures.ts';
import { atWork, stopCosts } from './runs.ts';

export const openChannels = 'Possible in';

/** The database is away or overloaded. It may have carried out what it did not answer. */
export const away = {
  title: 'Not now',
  text: 'VidGenie cannot reach its database, or it is overloaded. What did not start was not charged. Try again in a minute.',
};

/** A refusal, in a title and one or two sentences: what is wrong, what is allowed, what to do. */
export function refusal(it: Refusal): { title: string; text: string } {
  switch (it.reason) {
    case 'unknown_command':
      return {
        title: `There is no command "${few(it.given, 30)}"`,
        text: `${didYouMean(it.nearest)}The commands are ${allOf(it.allowed)}.`,
      };
    case 'unknown_option':
      return {
        title: `${it.command} has no option --${few(it.given, 30)}`,
        text: `${didYouMean(it.nearest === null ? null : `--${it.nearest}`)}${
          it.allowed.length === 0
            ? 'It takes no options.'
            : `Its options are ${allOf(it.allowed.map((one) => `--${one}`))}.`
        }`,
      };
    case 'missing_value':
      return { title: `--${it.option} needs a value`, text: sentence(it.allowed) };
    case 'bad_value':
      return {
        title: `--${it.option} cannot be "${few(it.given, 30)}"`,
        text: `${didYouMean(it.nearest)}${sentence(it.allowed)}`,
      };
    case 'given_twice':
      return { title: `--${it.option} was given twice`, text: 'Say it once, so that it is clear which one counts.' };
    case 'missing':
      return missing(it.command, it.option);
    case 'too_long':
      return {
        title: 'That is too long',
        text: `A ${it.option} may have ${it.max.toLocaleString('en')} characters; this one has ${it.length.toLocaleString('en')}.`,
      };
    case 'unexpected_words':
      return { title: `${it.command} does not take "${few(it.words, 30)}"`, text: `See: help ${it.command}` };
    case 'admins_only':
      return { title: 'Only admins may do that', text: `Ask an admin of this workspace to use ${it.command}.` };
    case 'insufficient':
      return {
        title: 'Not enough credits',
        text: `This costs ${credits(it.priceCredits)} and ${it.balance} ${it.balance === 1 ? 'is' : 'are'} left${
          it.heldCredits > 0 ? ` (${it.heldCredits} more held by runs at work)` : ''
        }. Nothing was charged. A shorter video, a lower resolution, --no-audio or --quality standard costs less; free credits come back at the start of each month, and an operator can grant more.`,
      };
    case 'too_fast':
      return {
        title: 'One moment, please',
        text: `${it.whose === 'member' ? 'You gave' : 'This workspace gave'} more commands in a minute than can be taken. Nothing was charged. Try again in ${it.seconds} ${it.seconds === 1 ? 'second' : 'seconds'}.`,
      };
    case 'busy':
      return {
        title: 'You have enough on the way',
        text: `${it.max} of your runs are at work or waiting, which is as many as one member may have here. Nothing was charged. Try again when one is done, or cancel one: history shows them.`,
      };
    case 'no_room':
      return {
        title: 'No room for new runs just now',
        text: 'A disk of this VidGenie is nearly full. What was accepted goes on. Nothing was charged. Try again later; its operator has to make room.',
      };
    case 'unsupported':
      return {
        title: `--${it.option} ${it.value} is not possible here`,
        text: `${it.model} can do ${anyOf(it.allowed)}. Nothing was charged.`,
      };
    case 'unknown_model':
      return {
        title: `No model is called ${few(it.word, 60)} here`,
        text: `${didYouMean(it.nearest)}See which there are with: help complete. Nothing was charged.`,
      };
    case 'unused_model':
      return unusedModel(it);
    case 'model_gone':
      return {
        title: `${it.model} cannot be used here any more`,
        text: 'This was made with it, and nothing else takes its place unasked. Nothing was charged. Start a new run with another model.',
      };
    case 'model_not_allowed':
      return {
        title: `${it.model} may not be used here`,
        text: `This workspace allows ${anyOf(it.allowed)}. Nothing was charged.`,
      };
    case 'not_in_cast':
      return {
        title: `There is no @${few(it.name, 30)} in the cast`,
        text: `${didYouMean(it.nearest === null ? null : `@${it.nearest}`)}Add it with: cast add ${few(it.name, 30)}. If you mean nobody of the cast, leave out the @. Nothing was charged.`,
      };
    case 'too_many_references':
      return {
        title:
          it.max === 0
            ? `${it.model} can follow no pictures`
            : `${it.model} can follow ${it.max} ${it.max === 1 ? 'picture' : 'pictures'}`,
        text: `This needs ${it.needed}: the pictures of the cast and those that you gave. ${
          it.able === null
            ? 'Name fewer of the cast.'
            : `${it.able} could do it: an admin can set its key, or name fewer of the cast.`
        } Nothing was charged.`,
      };
    case 'cast':
      return castRefusal(it.why);
    case 'no_cast_in_video':
      return inVideo;
    case 'no_ending':
      return {
        title: 'This model cannot change how a video ends',
        text: `${it.model} takes no last frame. Animate the image again with other words instead. Nothing was charged.`,
      };
    case 'no_frames':
      return {
        title: 'Nothing here makes images to choose from',
        text: `${it.model} makes the video from your words at once. Ask again without images to choose from. Nothing was charged.`,
      };
    case 'nothing_to_change':
      return {
        title: 'There is no image to change',
        text: 'The run made none, or it is not kept any more. Nothing was charged.',
      };
    case 'no_such_image':
      return {
        title: it.given === null ? 'Which image?' : `There is no image ${it.given}`,
        text: `Say its number: ${anyOf(it.allowed)}. Nothing was charged.`,
      };
    case 'no_such_proposal':
      return {
        title: 'This can no longer be started',
        text: 'The result that it was about was deleted. Nothing was charged. Say what you would like about another result.',
      };
    case 'elsewhere':
      return {
        title: 'Not in this channel',
        text: 'The admins of this workspace have chosen other channels for this. Nothing was charged. Ask again in one of them.',
      };
    case 'daily_limit':
      return {
        title: it.max === 1 ? 'You had your run of the day' : `You had your ${it.max} runs of the day`,
        text: `A member of this workspace may start ${it.max === 1 ? 'one run' : `${it.max} runs`} in 24 hours. The next one is possible in ${duration(it.againInMs)}. Nothing was charged.`,
      };
    case 'blocked':
      return {
        title: 'This workspace does not make that',
        text: `Its admins blocked "${few(it.word, 40)}". Nothing was charged. Try other words.`,
      };
    case 'flagged':
      return {
        title: 'That cannot be made here',
        text: `It was flagged as ${allOf(it.categories.map((one) => one.replace('/', ' / ')))}. Nothing was charged. Try other words.`,
      };
    case 'unmoderated':
      return {
        title: 'Not now',
        text: `Every prompt is checked before it is worked on, and the check cannot be reached. Nothing was charged. Try again in a few minutes.`,
      };
    case 'no_key':
      return {
        title: `Nobody has a key for the ${things[it.step]} yet`,
        text: 'Nothing was charged. An admin can bring one with: keys',
      };
    case 'bad_image':
      return { title: 'That image cannot be used', text: `${imageFault[it.why](it.detail)} Nothing was charged.` };
    case 'no_such_run':
      return {
        title: it.given === '' ? 'There is no run yet' : `There is no run "${few(it.given, 40)}" here`,
        text: 'See: history',
      };
    case 'ambiguous_run':
      return { title: `Several runs begin with "${few(it.given, 40)}"`, text: 'Give a few more characters of its id.' };
    case 'nothing_to_cancel':
      return {
        title: 'Nothing is running',
        text: 'No run of yours is waiting or at work, so there is nothing to stop.',
      };
    case 'several_to_cancel':
      return {
        title: 'Several runs are at work',
        text: `Say which one: ${it.runs.map((run) => `cancel ${run.id} (${few(run.prompt, 30)})`).join(', ')}.`,
      };
    case 'stop_costs':
      return {
        title: it.told > 0 ? 'Stopping costs more by now' : 'Stop this run?',
        text: [
          ...(it.cost.atWork ? [atWork[it.cost.atWork]] : []),
          stopCosts(it.cost.credits, it.cost.back),
          ...(it.told > 0 ? [`It was ${credits(it.told)} when you were asked; nothing was stopped.`] : []),
        ].join(' '),
      };
    case 'costs_more':
      return it.told > 0
        ? {
            title: `This costs ${credits(it.priceCredits)} by now`,
            text: `It was ${credits(it.told)} when you were told. Nothing was charged.`,
          }
        : { title: `This costs ${credits(it.priceCredits)}`, text: 'Nothing was charged yet.' };
    case 'not_your_run':
      return { title: 'That run is not yours', text: `Its member, a moderator or an admin can ${it.wish} it.` };
    case 'still_at_work':
      return {
        title: 'That run is still at work',
        text: 'Cancel it first, or wait until it is over; then it can be deleted.',
      };
    case 'run_deleted':
      return {
        title: 'That run was deleted',
        text: 'What it made is gone, so there is nothing to go on from. Start a new one.',
      };
    case 'media_expired':
      return {
        title: 'That image is gone',
        text: 'It was kept for as long as this VidGenie keeps such things, and then erased. Upload it again, or make a new one.',
      };
    case 'nothing_to_extend':
      return {
        title: 'There is no film to go on from',
        text: 'It was deleted, or is not kept any more. Nothing was charged.',
      };
    case 'nothing_to_animate':
      return {
        title: 'There is no image to animate',
        text: 'Choose something that has a PNG, JPEG or WebP image. Nothing was charged.',
      };
    case 'already_over':
      return {
        title: `Run ${it.id} is over`,
        text: `It ${it.state}, so there is nothing to stop. See: status ${it.id}`,
      };
  }
}

/** A model that would have nothing to do: what it makes, and where it works. */
export function unusedModel({ word, makes, workflow, works }: Extract<Refusal, { reason: 'unused_model' }>) {
  return {
    title: `${few(word, 60)} has nothing to do here`,
    text: `It makes ${allOf(makes.map((kind) => products[kind]))}, and ${workflow} needs none. It works with ${anyOf(works)}. Nothing was charged.`,
  };
}

const products = { enhance: 'prompts', image: 'images', video: 'videos' } as const;
const things = { enhance: 'prompt', image: 'image', video: 'video' } as const;

const didYouMean = (nearest: string | null) => (nearest === null ? '' : `Did you mean ${nearest}? `);

function sentence(allowed: Allowed): string {
  switch (allowed.kind) {
    case 'choices':
      return `It can be ${anyOf(allowed.values)}.`;
    case 'whole_number':
      return `It is a whole number from ${allowed.min} to ${allowed.max}.`;
    case 'on_off':
      return 'It can be on or off.';
    case 'models':
      return `It is a model or an alias, or up to ${allowed.max} of them with + between them.`;
    case 'text':
      return 'It is a few words.';
  }
}

function missing(command: string, option: string): { title: string; text: string } {
  if (option === 'prompt') {
    return { title: 'What would you like to see?', text: `Add a few words, for example: ${command} a fox in the snow` };
  }
  if (option === 'image') {
    return { title: 'Which image?', text: `Add one, for example: ${command} ./fox.png slow zoom, snow begins to fall` };
  }
  return { title: `${command} needs ${option}`, text: `See: help ${command}` };
}
