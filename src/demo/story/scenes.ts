import type { Framing } from '../painting/framing.ts';
import type { PlaceName, TimeName, WeatherName } from '../painting/lexicon.ts';
import { createRandom } from '../painting/random.ts';
import { readPrompt } from '../painting/reading.ts';
import { phrases } from '../phrases.ts';
import { type Moment, readStory } from './clauses.ts';

/** A scene of a story. `text` is a prompt that names its subject, its framing, its time and its weather. */
export type Scene = {
  text: string;
  framing: Framing | null;
  time: TimeName;
  weather:
    | WeatherName
    | 'clear' /** Events of the prompt that happen within this scene, after the one that it shows first. */;
  next: string[];
};

/** Divides a prompt into exactly `count` scenes. The same prompt always gives the same scenes. */
export function scenesOf(words: string, count: number): Scene[] {
  const { language, moments, journey } = readStory(words);
  const say = phrases[language].story;
  const travelled = journey === null ? moments : withWay(moments, journey, count, say.way);
  const shown = travelled.length > count ? chosen(travelled, count) : staged(travelled, count);
  const times = timesOf(
    shown.map(({ reading }) => reading.time),
    words,
  );
  let weather: WeatherName | 'clear' = 'clear';
  const texts = new Set<string>();
  return shown.map(({ clause, reading, framing, next }, index) => {
    const [own] = reading.weather;
    weather = own ?? weather;
    const time = times[index] ?? 'day';
    const isSheltered = reading.places.includes('underwater') || reading.places.includes('space');
    const others = [
      ...(reading.time === null ? [say.time[time]] : []),
      ...(own === undefined && weather !== 'clear' && !isSheltered ? [say.weather[weather]] : []),
    ];
    const framed = framing === null ? [] : [say.framing[framing]];
    const once = [clause, ...framed, ...others].join(', ');
    // The painter shows the same framing from another position if the prompt says that it is another one.
    const text = texts.has(once) ? [clause, `${say.another} ${framed.join()}`.trim(), ...others].join(', ') : once;
    texts.add(once);
    const shownWeather = isSheltered ? 'clear' : weather;
    // The weather of events within this scene lasts into the next one.
    weather = next.flatMap((moment) => moment.reading.weather).at(-1) ?? weather;
    return { text, framing, time, weather: shownWeather, next: next.map((moment) => moment.clause) };
  });
}

type Shown = Moment & { framing: Framing | null; next: readonly Moment[] };

/** Moments at equal distances, always with the first and the last one. Those between happen within the scene before them. */
function chosen(moments: readonly Moment[], count: number): Shown[] {
  const placeOf = (index: number) =>
    index >= count ? moments.length : count === 1 ? 0 : Math.round((index * (moments.length - 1)) / (count - 1));
  return Array.from({ length: count }, (_, index) => {
    const [shown = { clause: '', reading: readPrompt('') }, ...next] = moments.slice(
      placeOf(index),
      placeOf(index + 1),
    );
    return { ...shown, framing: null, next };
  });
}

/** The framings of a moment that lasts for several scenes, between its first and its last one. */
const middle = ['near', 'turned', 'low', 'detail'] as const satisfies readonly Framing[];

/** Shows each moment in one or more scenes, earlier ones in more of them. */
function staged(moments: readonly Moment[], count: number): Shown[] {
  const each = Math.floor(count / moments.length);
  const more = count % moments.length;
  return moments.flatMap((moment, index) =>
    framings(each + (index < more ? 1 : 0)).map((framing) => ({ ...moment, framing, next: [] })),
  );
}

function framings(count: number): (Framing | null)[] {
  if (count === 1) return [null];
  if (count === 2) return ['far', 'near'];
  if (count === 3) return ['far', 'near', 'detail'];
  const between = Array.from({ length: count - 2 }, (_, index) => middle[index % middle.length] ?? 'near');
  return ['far', ...between, 'last'];
}

/** Places from the sky down to the sea, in the order in which a traveler passes them. */
const landscape = [
  'space',
  'sky',
  'mountains',
  'forest',
  'meadow',
  'desert',
  'city',
  'lake',
  'beach',
  'sea',
  'underwater',
] as const;

/** Adds stages of the way to a journey, as many as there are scenes to fill and places between its ends. */
function withWay(
  moments: readonly Moment[],
  { from, subject }: { from: number; subject: string },
  count: number,
  way: Partial<Record<PlaceName, string>>,
): readonly Moment[] {
  const ends = [from, from + 1].map((index) => {
    const [place] = moments[index]?.reading.places ?? [];
    return place === undefined ? -1 : landscape.indexOf(place);
  });
  const [start = -1, end = -1] = ends;
  const room = count - moments.length;
  if (room < 1 || start < 0 || end < 0) return moments;
  const passed = landscape.slice(Math.min(start, end) + 1, Math.max(start, end));
  const ordered = start < end ? passed : passed.toReversed();
  const stages = ordered.flatMap((place) => way[place] ?? []);
  const kept = stages.filter((_, index) => (index * room) % stages.length < room || stages.length <= room);
  const added = kept.slice(0, room).map((stage) => {
    const clause = `${subject} ${stage}`;
    return { clause, reading: readPrompt(clause) };
  });
  return [...moments.slice(0, from + 1), ...added, ...moments.slice(from + 1)];
}

const hours = ['dawn', 'day', 'sunset', 'night'] as const;

/**
 * The time of each scene. Times that the prompt names stay, and those between them follow the course of a day. If it names none,
 * a story of three or more scenes ends one step later than it began.
 */
function timesOf(named: readonly (TimeName | null)[], words: string): TimeName[] {
  const hourOf = (time: TimeName | null | undefined) => (time ? hours.indexOf(time) : -1);
  const atHour = (hour: number) => hours[Math.min(3, Math.max(0, Math.round(hour)))] ?? 'day';
  if (named.every((time) => time === null)) {
    const start = createRandom(words.toLowerCase()).fork('hour').whole(0, 2);
    return named.map((_, index) => atHour(named.length > 2 && index >= (named.length * 2) / 3 ? start + 1 : start));
  }
  return named.map((time, index) => {
    if (time !== null) return time;
    const before = named.findLastIndex((other, at) => at < index && other !== null);
    const after = named.findIndex((other, at) => at > index && other !== null);
    const [early, late] = [hourOf(named[before]), hourOf(named[after])];
    if (after < 0) return atHour(early);
    if (before < 0) return atHour(late - (after - index));
    // From night to dawn there is nothing to pass through.
    return late < early ? atHour(early) : atHour(early + ((late - early) * (index - before)) / (after - before));
  });
}
