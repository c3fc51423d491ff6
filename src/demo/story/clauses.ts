import { type Reading, readPrompt } from '../painting/reading.ts';

type Language = Reading['language'];

/** A moment of a story: what happens, with the story's subject in it. */
export type Moment = { clause: string; reading: Reading };

export type Story = {
  language: Language;
  moments: readonly [Moment, ...Moment[]];
  /** The first of two moments between which the story travels, and the subject that travels. Null if it does not. */
  journey: { from: number; subject: string } | null;
};

/** Sentence ends, commas, semicolons, dashes, line breaks, and words that lead to the next event. */
const separators =
  /(?<=[.!?…])\s+|\s*[,;:\n]\s*|\s+[—–]\s+|\s+(?:and then|then|after that|afterwards|and finally|finally|et puis|puis|et ensuite|ensuite|après quoi|et enfin|enfin)\s+/iu;
const connectives = /^(?:and|but|then|next|later|finally|after that|et|mais|puis|ensuite|enfin|alors)\b[\s,]*/iu;
const pronouns = /^(?:it|he|she|they|il|elle|ils|elles|on)\s+/iu;

/** "It" is nobody here. */
const impersonal = /^(?:it|il)\s+(?:rains?|snows?|storms?|is|was|pleut|neige|gèle|fait|est|y)\b/iu;
const styleWords =
  /^(?:\d+k|hd|cinematic|realistic|photorealistic|detailed|highly|dramatic|epic|vintage|oil|painting|watercolou?r|anime|style|cinématique|réaliste|détaillée?|dramatique|épique|aquarelle|peinture)$/iu;
const followers = /^(?:roux|rousse|gris|grise|brune?|doré|dorée|géante?|perdue?|volante?|solitaire|sauvage|sailing)$/iu;

type Grammar = {
  articles: RegExp;
  /** A clause that begins with one of these only says when, where or how. */
  prepositions: RegExp;
  alongside: string;
  journeys: RegExp;
  waypoints: RegExp;
};

const grammars: Record<Language, Grammar> = {
  en: {
    articles: /^(?:a|an|the|two|three|some|its|his|her|their|my)\s/i,
    prepositions: /^(?:at|in|on|by|under|during|with|without|near|behind|before|after)$/i,
    alongside: 'with',
    journeys: /^(?<head>.*?)\s*\bfrom\s+(?<start>.+?)\s+(?:in)?to\s+(?<end>.+)$/iu,
    waypoints: /\s+(?:through|via|past|across|over|along)\s+/i,
  },
  fr: {
    articles: /^(?:un|une|le|la|les|des|deux|trois|son|sa|ses|mon|ma)\s|^l['’]/i,
    prepositions: /^(?:à|au|aux|en|dans|sur|sous|pendant|avec|sans|près|derrière|devant|la nuit|le soir|le matin)$/i,
    alongside: 'avec',
    journeys:
      /^(?<head>.*?)\s*(?:\b(?<of>depuis|des|du|de)\s+|\bd['’])(?<start>.+?)\s+(?<to>jusqu['’](?:à|aux|au|en)|à|aux|au|vers)\s+(?<end>.+)$/iu,
    waypoints: /\s+(?:par|via|à travers|le long de)\s+/i,
  },
};

/** Reads a prompt as a story. Every moment names the subject, so that each can be painted without the others. */
export function readStory(words: string): Story {
  const { language } = readPrompt(words);
  const grammar = grammars[language];
  const pieces = piecesOf(words);
  const events = pieces.filter((piece) => !isModifier(piece, grammar));
  // A prompt of modifiers alone is one event.
  const told = events.length > 0 ? events : [pieces.join(', ')];
  const shared = events.length > 0 ? pieces.filter((piece) => !events.includes(piece)) : [];
  const [head = words] = told;
  const opening = grammar.articles.test(head) ? head : (told.find((piece) => subjectsOf(piece) > 0) ?? head);
  const subject = nounPhrase(grammar.journeys.exec(opening)?.groups?.head || opening, grammar);
  const moments: Moment[] = [];
  let journey: Story['journey'] = null;
  for (const piece of told) {
    const stops = stopsOf(piece, language);
    if (stops.length > 1 && journey === null) journey = { from: moments.length, subject };
    const clauses =
      stops.length > 1 ? stops.map((stop) => at(subject, stop, language)) : [about(subject, piece, grammar)];
    for (const clause of clauses) {
      const whole = [clause, ...shared].join(', ');
      moments.push({ clause: whole, reading: readPrompt(whole) });
    }
  }
  const [first = { clause: words, reading: readPrompt(words) }, ...others] = moments;
  return { language, moments: [first, ...others], journey };
}

function piecesOf(words: string): string[] {
  const pieces = words.split(separators).map((piece) => {
    let text = piece.trim();
    while (connectives.test(text)) text = text.replace(connectives, '');
    // The painter reads one clause of a prompt. A longer one is cut at a word.
    return text
      .replace(/[\s.!?…]+$/u, '')
      .split(' ')
      .slice(0, 30)
      .join(' ');
  });
  return pieces.filter((piece) => /[\p{L}\p{N}\p{S}]/u.test(piece));
}

/** A piece that shows nothing by itself: a time, a weather, a style. It applies to the whole story. */
function isModifier(piece: string, { prepositions }: Grammar): boolean {
  const reading = readPrompt(piece);
  if (reading.subjects.length + reading.places.length > 0) return false;
  const words = piece.split(' ');
  if (words.every((word) => styleWords.test(word))) return true;
  const [one = '', two = ''] = words;
  return (prepositions.test(one) || prepositions.test(`${one} ${two}`)) && words.length < 6;
}

const subjectsOf = (text: string) => readPrompt(text).subjects.length;

/** The subject as the prompt writes it, with its article and its adjectives. */
function nounPhrase(text: string, { articles, prepositions }: Grammar): string {
  const words = text.split(' ');
  const noun = words.findIndex((word) => subjectsOf(word) > 0);
  const hasArticle = articles.test(text);
  if (noun < 0) {
    const end = words.findIndex(
      (word, index) => index > (hasArticle ? 1 : 0) && (prepositions.test(word) || /[^s]s$|ed$|ing$/.test(word)),
    );
    return words.slice(0, Math.min(end < 0 ? words.length : end, hasArticle ? 4 : 3)).join(' ');
  }
  let start = noun;
  while (start > 0 && noun - start < 5 && !articles.test(`${words[start]} `) && !/^l['’]/i.test(words[start] ?? ''))
    start--;
  let end = noun + 1;
  // In French, most adjectives and materials follow their noun.
  while (readPrompt(words[end] ?? '').colours.length > 0 || followers.test(words[end] ?? '')) end++;
  if (/^(?:en|de)$/i.test(words[end] ?? '') && /^(?:papier|bois|verre|origami)$/i.test(words[end + 1] ?? '')) end += 2;
  return words.slice(start, end).join(' ');
}

/** The stops of a journey "from … through … to …". Empty if the piece tells of none. */
function stopsOf(piece: string, language: Language): string[] {
  const { journeys, waypoints, articles } = grammars[language];
  const { start = '', end = '', of, to = '' } = journeys.exec(piece)?.groups ?? {};
  const places = [start, end].map((text) => readPrompt(text).places.length);
  if (start === '' || places.every((count) => count === 0)) return [];
  const [from = '', ...way] = (/^(?:du|des)$/i.test(of ?? '') ? `${of === 'du' ? 'le' : 'les'} ${start}` : start).split(
    waypoints,
  );
  const [last = '', ...more] = end.split(waypoints);
  const goal = /(?:au|aux)$/i.test(to) ? `${/x$/i.test(to) ? 'les' : 'le'} ${last}` : last;
  if (language === 'fr' && !articles.test(from)) return [];
  return [from, ...way, ...more, goal];
}

/** The subject at a stop, with the preposition that suits it. */
function at(subject: string, stop: string, language: Language): string {
  const [place] = readPrompt(stop).places;
  const isInside = place !== undefined && place !== 'sea' && place !== 'lake' && place !== 'beach';
  const floats = readPrompt(subject).subjects.includes('boat');
  if (language === 'fr')
    return `${subject} ${isInside ? 'dans' : floats || place === 'beach' ? 'sur' : 'devant'} ${stop}`;
  return `${subject} ${isInside ? 'in' : place === undefined ? 'at' : floats || place === 'beach' ? 'on' : 'by'} ${stop}`;
}

/** The piece with the subject in it. */
function about(subject: string, piece: string, { articles, alongside }: Grammar): string {
  if (impersonal.test(piece)) return `${piece}, ${alongside} ${subject}`;
  if (pronouns.test(piece)) return piece.replace(pronouns, `${subject} `);
  const known = readPrompt(subject).subjects;
  const named = readPrompt(piece).subjects;
  if (piece.startsWith(subject) || known.some((one) => named.includes(one))) return piece;
  return articles.test(piece) ? `${piece}, ${alongside} ${subject}` : `${subject} ${piece}`;
}
