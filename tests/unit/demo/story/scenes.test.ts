import { describe, expect, it } from 'vitest';
import { readPrompt } from '../../../../src/demo/painting/reading.ts';
import { scenesOf } from '../../../../src/demo/story/scenes.ts';

const texts = (words: string, count: number) => scenesOf(words, count).map(({ text }) => text);
const times = (words: string, count: number) => scenesOf(words, count).map(({ time }) => time);

describe('the scenes of a story', () => {
  it.each([
    'a fox in the snow',
    'a paper boat travels from a gutter to the sea',
    'un renard dort; il rêve; il court, il nage, puis il vole, ensuite il rentre',
    'hope',
    '🦊',
    '雪の中の狐',
    '— ; … ,,,',
    'very '.repeat(150),
  ])('are exactly as many as asked for, all different, and the same every time: "%s"', (words) => {
    for (const count of [1, 2, 3, 4, 5, 6, 8]) {
      const told = texts(words, count);
      expect(told).toHaveLength(count);
      expect(new Set(told).size).toBe(count);
      expect(told.every((text) => text.length > 0)).toBe(true);
      expect(texts(words, count)).toEqual(told);
    }
  });

  it('follow the sentences and clauses of the prompt, each with its subject', () => {
    expect(
      texts('A small red fox wakes in a forest at dawn, crosses a river and then reaches a city at night', 3),
    ).toEqual([
      'A small red fox wakes in a forest at dawn',
      'A small red fox crosses a river, at sunset',
      'A small red fox reaches a city at night',
    ]);
    expect(texts('A robot walks in the city by day. It finds a flower. An owl watches.', 3)).toEqual([
      'A robot walks in the city by day',
      'A robot finds a flower, in daylight',
      'An owl watches, with A robot, in daylight',
    ]);
  });

  it('hold the events that are more than the scenes, and keep the weather of those', () => {
    const scenes = scenesOf(
      'a robot walks in the city. Then it rains. He finds a flower, picks it up and smells it.',
      2,
    );
    expect(scenes.map(({ next }) => next)).toEqual([['it rains, with a robot', 'a robot finds a flower'], []]);
    expect(scenes[1]?.weather).toBe('rain');
  });

  it('follow a journey, and pass what lies between its ends', () => {
    const places = (count: number) =>
      texts('a paper boat travels from a gutter to the sea', count).map((text) => readPrompt(text).places[0]);
    expect(places(2)).toEqual(['city', 'sea']);
    expect(places(3)).toEqual(['city', 'lake', 'sea']);
    expect(places(4)).toEqual(['city', 'lake', 'beach', 'sea']);
    expect(texts('a fox runs from the mountains through a meadow to the city at night', 3)).toEqual([
      'a fox in the mountains, in daylight',
      'a fox in a meadow, at sunset',
      'a fox in the city at night',
    ]);
  });

  it('are told in French as in English', () => {
    const boat = texts('un bateau en papier voyage d’un caniveau jusqu’à la mer, la nuit', 3);
    expect(boat).toEqual([
      'un bateau en papier dans un caniveau, la nuit',
      'un bateau en papier sur une rivière, la nuit',
      'un bateau en papier sur la mer, la nuit',
    ]);
    expect(texts('un renard roux se réveille à l’aube, il traverse une rivière, puis arrive en ville', 3)[1]).toBe(
      'un renard roux traverse une rivière, à l’aube'.replace('l’aube', "l'aube"),
    );
  });

  it('show one event from several sides where the prompt tells fewer events', () => {
    const framings = (count: number) => scenesOf('a fox in the snow', count).map(({ framing }) => framing);
    expect(framings(1)).toEqual([null]);
    expect(framings(3)).toEqual(['far', 'near', 'detail']);
    expect(framings(5)).toEqual(['far', 'near', 'turned', 'low', 'last']);
  });

  it('have times in the order of a day, and keep the weather', () => {
    expect(times('a fox sleeps at dawn, wakes up, runs away, dreams at night', 4)).toEqual([
      'dawn',
      'day',
      'sunset',
      'night',
    ]);
    expect(times('a fox in the forest, at night', 3)).toEqual(['night', 'night', 'night']);
    const snowy = scenesOf('a fox wakes in the snow, crosses a river, dives underwater', 3);
    expect(snowy.map(({ weather }) => weather)).toEqual(['snow', 'snow', 'clear']);
    expect(readPrompt(snowy[1]?.text ?? '').weather).toEqual(['snow']);
  });
});
