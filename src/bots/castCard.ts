import type { ListedEntry } from '../db/cast.ts';
import { maxCastEntries } from '../domain.ts';
import { type Card, type CardMedia, type Entry, textCard } from './card.ts';
import type { Text } from './text.ts';

/** An entry of the cast with its pictures. */
export function castCard(entry: ListedEntry, text: Text, title?: string): Card {
  const { card: words, kinds } = text.cast;
  const { name, kind, description, addedByName } = entry;
  const fields = [
    { label: words.kind, value: kinds[kind] },
    ...(description === '' ? [] : [{ label: words.description, value: description }]),
    { label: words.addedBy, value: addedByName },
  ];
  return {
    ...textCard(title === undefined ? 'plain' : 'good', title ?? `@${name}`),
    blocks: [
      { kind: 'fields', fields },
      { kind: 'text', text: words.how(name) },
    ],
    media: mediaOfEntry(entry, text),
  };
}

/** All entries, each with its first picture. */
export function castListCard(entries: readonly ListedEntry[], text: Text): Card {
  const { card: words } = text.cast;
  if (entries.length === 0) return textCard('plain', words.none, words.firstStep);
  return {
    ...textCard('plain', words.list(entries.length, maxCastEntries)),
    blocks: [{ kind: 'entries', heading: '', entries: entries.map((entry) => lineOf(entry, text)) }],
  };
}

function lineOf(entry: ListedEntry, text: Text): Entry {
  const { name, kind, description, addedByName, createdAt } = entry;
  return {
    at: createdAt,
    label: `@${name}`,
    text: text.measures.few(description === '' ? text.cast.kinds[kind] : description),
    aside: text.cast.card.listed(text.cast.kinds[kind], addedByName),
    media: mediaOfEntry(entry, text).slice(0, 1),
  };
}

export function removedCard({ name }: ListedEntry, text: Text): Card {
  return textCard('plain', text.cast.card.removed(name), text.cast.card.erased);
}

/** Its pictures in their order. No step has made them, so their place in the entry is their number. */
const mediaOfEntry = ({ name, images }: ListedEntry, text: Text): CardMedia[] =>
  images.map(({ objectKey, mime, width, height, bytes }, index) => ({
    step: index + 1,
    kind: 'image',
    label: text.cast.card.picture(name, index + 1),
    objectKey,
    mime,
    width,
    height,
    seconds: null,
    bytes,
  }));
