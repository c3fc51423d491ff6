import { chosenStill } from './understand/chosenStill.ts';
import { type Clause, clausesOf, isJoined, joined } from './understand/clauses.ts';
import {
  doing,
  endings,
  isAnimation,
  isLonger,
  letting,
  pictureVerbs,
  pictureWords,
  plain,
  strongMotion,
  weakMotion,
  withoutFillers,
} from './understand/lexicon.ts';

/** The results of a run that words can be about. */
export type Facts = {
  /** Whether there is an image to change or to animate. */
  hasStill: boolean;
  /** How many images the member can choose from. */
  stills: number;
  hasFilm: boolean;
  /** Whether the film can be made once more with another ending. */
  canEnd: boolean;
};

/**
 * The wish that free words express. `film`: the image changes and is animated. `motion`: the same image gets another motion, or a first one. Each
 * part is empty if nothing was said about it. `longer`: the film goes on, without a word about how.
 */
export type Understood = {
  change: 'picture' | 'film' | 'motion' | 'ending' | 'longer';
  picture: string;
  motion: string;
  ending: string;
  /** The number of the image that the words name, from 1. It may be higher than the number of images. Null: they name none. */
  still: number | null;
};

type About = 'picture' | 'motion' | 'ending';
/** `strong`: a motion of the camera, a speed or a sound. `marker`: a mark of the end, and nothing else. */
type Evidence = About | 'strong' | 'marker' | 'nothing';

/**
 * Says what free words about a result ask for. It only compares words with lists, so it is the same every time, costs nothing, and
 * sends nothing anywhere. The requester sees what it understood before anything starts.
 */
export function understand(words: string, facts: Facts): Understood {
  const { number: still, rest } = chosenStill(words.trim(), facts.stills);
  if (facts.hasFilm && isLonger(plain(rest))) {
    return { change: 'longer', picture: '', motion: '', ending: '', still };
  }
  const parts = classified(rest, facts);
  const said = (...abouts: readonly About[]) => joined(parts.filter(({ about }) => abouts.includes(about)));
  const [picture, motion, ending] = [said('picture'), said('motion'), said('ending')];
  if (picture !== '' && ending !== '') {
    // A film whose image changes is made anew, and so its motion says how it ends.
    return { change: 'film', picture, motion: said('motion', 'ending'), ending: '', still };
  }
  if (ending !== '') return { change: 'ending', picture, motion, ending, still };
  if (picture !== '' && motion !== '') return { change: 'film', picture, motion, ending, still };
  // With a film, too, the changed image comes first, because it is cheap: the next press animates it.
  if (picture !== '') return { change: 'picture', picture, motion, ending, still };
  return { change: 'motion', picture, motion: isAnimation(plain(motion)) ? '' : motion, ending, still };
}

/** Every clause of the words with what it is about. Joined again, the clauses are the words. */
export function classified(words: string, facts: Facts): (Clause & { about: About })[] {
  const clauses = clausesOf(words);
  const evidence = clauses.map(({ text }) => evidenceOf(plain(text)));
  const abouts: About[] = [];
  for (const [index, clause] of clauses.entries()) {
    const own = evidence[index] ?? 'nothing';
    const next = evidence[index + 1] ?? null;
    const isLed = evidence[index - 1] === 'marker' || (next === 'marker' && evidence[index + 2] === undefined);
    const isOfSpeed = own === 'marker' && (next ?? evidence[index - 1]) === 'strong';
    abouts.push(isOfSpeed ? 'motion' : aboutOf(own, clause, { before: abouts.at(-1) ?? null, isLed }));
  }
  return clauses.map((clause, index) => ({ ...clause, about: possible(abouts[index] ?? 'picture', facts) }));
}

/** Finds the subject of a clause, from its own words and from its neighbours. `isLed`: a mark of the end stands before or after it. */
function aboutOf(
  evidence: Evidence,
  clause: Clause,
  { before, isLed }: { before: About | null; isLed: boolean },
): About {
  if (evidence === 'marker') return 'ending';
  if (evidence === 'strong') return 'motion';
  // "At the end, the fox looks up" and "let it end with the fox and the sun" are about the end in whole.
  if (isLed || (before === 'ending' && isJoined(clause))) return 'ending';
  if (evidence !== 'nothing') return evidence;
  if (before === null) return 'picture';
  const said = withoutFillers(plain(clause.text));
  return said === '' || (isJoined(clause) && said.split(' ').length <= 2) ? before : 'picture';
}

/** The nearest thing that can be done: a film without another ending gets another motion, and without an image there is no picture. */
function possible(about: About, { hasStill, hasFilm, canEnd }: Facts): About {
  const within = about === 'ending' && !(hasFilm && canEnd) ? 'motion' : about;
  return within === 'picture' && !hasStill ? 'motion' : within;
}

const says = (lists: readonly RegExp[], text: string) => lists.some((list) => list.test(text));

function evidenceOf(text: string): Evidence {
  const isStrong = says(strongMotion, text);
  if (says(endings, text)) {
    if (isStrong) return 'strong';
    return withoutFillers(text) === '' ? 'marker' : 'ending';
  }
  if (isStrong) return 'strong';
  if (says(pictureVerbs, text)) return 'picture';
  if (says(doing, text)) return 'motion';
  const isWeak = says(weakMotion, text);
  if (isWeak && says(letting, text)) return 'motion';
  if (says(pictureWords, text)) return 'picture';
  return isWeak ? 'motion' : 'nothing';
}
