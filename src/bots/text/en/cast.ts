import type { CastKind } from '../../../domain.ts';
import type { CastRefusal } from '../../commands/refusal.ts';
import { imageFault } from './images.ts';
import { allOf, few } from './measures.ts';

export const kinds: Record<CastKind, string> = {
  character: 'Character',
  product: 'Product',
  style: 'Style',
  place: 'Place',
};

export const form = {
  title: 'Add to the cast',
  intro: 'The same face in every picture: write @name in a prompt, and the images follow these pictures.',
  name: 'Name',
  nameHint: 'Letters and digits, with - and _ between them, for example: fox',
  images: 'Pictures',
  imagesHint: (max: number) => `1 to ${max}: PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side`,
  description: 'Description',
  descriptionHint: 'How it looks, in a few words. It may stay empty.',
  kind: 'What it is',
  likeness: 'Likeness',
  mayUse: 'I may use this likeness',
};

const how = (name: string) => `Write @${name} in a prompt of complete, image, story or edit.`;

export const card = {
  added: (name: string) => `@${name} is in the cast`,
  alreadyAdded: 'It was added already',
  removedSince: 'It has been removed since.',
  how,
  list: (entries: number, max: number) => `The cast: ${entries} of ${max}`,
  none: 'The cast is empty',
  firstStep: 'Add somebody, or a product, a style or a place: cast add fox',
  kind: 'What it is',
  description: 'Description',
  addedBy: 'Added by',
  listed: (kind: string, member: string) => `${kind}, added by ${member}`,
  picture: (name: string, number: number) => `@${name}, picture ${number}`,
  removed: (name: string) => `@${name} was removed from the cast`,
  erased: 'Its pictures are erased as soon as no run uses them. What was made with it stays.',
};

/** For a terminal where nobody can fill in a form. */
export const howToAdd = 'From a script: vidgenie cast add fox --image fox.png --may-use';

const ofImage = (number: number) => `Picture ${number} cannot be used`;

/** Why nothing was added to the cast, shown, or removed from it. */
export function castRefusal(it: CastRefusal): { title: string; text: string } {
  switch (it.outcome) {
    case 'bad_name':
      return {
        title: it.name === '' ? 'It needs a name' : `"${few(it.name, 40)}" cannot be a name`,
        text: `A name has up to ${it.max} letters and digits, with - and _ between them, for example: fox`,
      };
    case 'long_description':
      return {
        title: 'That is too long',
        text: `A description may have ${it.max} characters; this one has ${it.length}.`,
      };
    case 'likeness':
      return {
        title: 'May you use this likeness?',
        text: 'Nothing was added. Tick the box if you may show this person, product or place.',
      };
    case 'image_count':
      return it.count === 0
        ? { title: 'It needs a picture', text: `Nothing was added. Give 1 to ${it.max} pictures.` }
        : { title: `${it.count} pictures are too many`, text: `Nothing was added. Give at most ${it.max}.` };
    case 'taken':
      return {
        title: `There is a @${it.name} already`,
        text: `Nothing was added. Choose another name, or take that one out first: cast remove ${it.name}`,
      };
    case 'full':
      return {
        title: 'The cast is full',
        text: `It has room for ${it.max}. Take one out first: cast list shows them.`,
      };
    case 'bad_image':
      return { title: ofImage(it.number), text: `${imageFault[it.reason](it.detail)} Nothing was added.` };
    case 'objection':
      return objected(it);
    case 'no_entry':
      return {
        title: `There is no @${few(it.name, 30)} in the cast`,
        text: `${it.nearest === null ? '' : `Did you mean @${it.nearest}? `}See: cast list`,
      };
    case 'not_yours':
      return {
        title: `@${it.entry.name} is not yours`,
        text: `${it.entry.addedByName} added it. They or an admin can remove it.`,
      };
  }
}

type Objected = Extract<CastRefusal, { outcome: 'objection' }>;

function objected({ number, objection }: Objected): { title: string; text: string } {
  const title = number === null ? 'That cannot be in the cast here' : ofImage(number);
  switch (objection.outcome) {
    case 'blocked':
      return {
        title,
        text: `The admins of this workspace blocked "${few(objection.word, 40)}". Nothing was added.`,
      };
    case 'flagged': {
      const categories = allOf(objection.categories.map((one) => one.replace('/', ' / ')));
      return { title, text: `It was flagged as ${categories}. Nothing was added.` };
    }
    case 'unmoderated':
      return {
        title: 'Not now',
        text: 'Everything is checked before it is added, and the check cannot be reached. Nothing was added. Try again in a few minutes.',
      };
  }
}

export const inVideo = {
  title: 'A video of your own image follows no cast',
  text: '@names work in complete, image, story and edit. Leave out the @ here. Nothing was charged.',
};
