import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ImageFault, Refusal } from '../../../src/bots/commands/refusal.ts';
import { refusalCard } from '../../../src/bots/refusalCard.ts';
import { locales, textOf } from '../../../src/bots/text.ts';
import { refusalProblem } from '../../../src/bots/web/problem.ts';
import { type FailureKind, failureKinds, runId, stepKinds } from '../../../src/domain.ts';

const text = textOf('en');
const id = runId.parse('6f1b6b5e-2f0f-4b8e-9a53-0d1c6f2a7b11');

/** One refusal of each reason, and what its text must say. A new reason without an example does not compile. */
const refusals: { [Reason in Refusal['reason']]: [Extract<Refusal, { reason: Reason }>, RegExp] } = {
  unknown_command: [
    { reason: 'unknown_command', given: 'imag', nearest: 'image', allowed: ['image', 'video'] },
    /"imag".*Did you mean image\? The commands are image and video\./,
  ],
  unknown_option: [
    { reason: 'unknown_option', command: 'image', given: 'styl', nearest: 'style', allowed: ['style', 'aspect'] },
    /image has no option --styl.*Did you mean --style\? Its options are --style and --aspect\./,
  ],
  missing_value: [
    { reason: 'missing_value', option: 'style', allowed: { kind: 'choices', values: ['vivid', 'photo'] } },
    /--style needs a value.*It can be vivid or photo\./,
  ],
  bad_value: [
    {
      reason: 'bad_value',
      option: 'duration',
      given: 'soon',
      nearest: null,
      allowed: { kind: 'whole_number', min: 1, max: 60 },
    },
    /--duration cannot be "soon".*a whole number from 1 to 60\./,
  ],
  given_twice: [{ reason: 'given_twice', option: 'style' }, /--style was given twice/],
  missing: [{ reason: 'missing', command: 'image', option: 'prompt' }, /for example: image a fox in the snow/],
  too_long: [{ reason: 'too_long', option: 'prompt', length: 4001, max: 4000 }, /4,000 characters; this one has 4,001/],
  unexpected_words: [
    { reason: 'unexpected_words', command: 'credits', words: 'please' },
    /credits does not take "please".*help credits/,
  ],
  too_fast: [{ reason: 'too_fast', whose: 'member', seconds: 12 }, /You gave more.*Nothing was charged.*in 12 seconds/],
  busy: [{ reason: 'busy', max: 13 }, /13 of your runs.*Nothing was charged.*cancel one/],
  no_room: [{ reason: 'no_room' }, /nearly full.*Nothing was charged.*later/],
  admins_only: [{ reason: 'admins_only', command: 'settings' }, /Only admins.*Ask an admin/],
  blocked: [{ reason: 'blocked', word: 'puppy' }, /blocked "puppy".*Nothing was charged/],
  flagged: [
    { reason: 'flagged', categories: ['violence', 'violence/graphic'] },
    /flagged as violence and violence \/ graphic.*Nothing was charged/,
  ],
  unmoderated: [{ reason: 'unmoderated', detail: 'down' }, /cannot be reached.*Nothing was charged.*few minutes/],
  no_key: [{ reason: 'no_key', step: 'video' }, /key for the video.*Nothing was charged.*keys/],
  insufficient: [
    { reason: 'insufficient', priceCredits: 24, balance: 1, heldCredits: 24 },
    /costs 24 credits and 1 is left \(24 more held by runs at work\)\. Nothing was charged\..*lower resolution.*grant more/,
  ],
  unsupported: [
    { reason: 'unsupported', option: 'resolution', value: '4k', allowed: ['720p', '1080p'], model: 'demo-animator-1' },
    /--resolution 4k.*demo-animator-1 can do 720p or 1080p\. Nothing was charged\./,
  ],
  bad_image: [{ reason: 'bad_image', why: 'empty', detail: '' }, /It is empty\. Nothing was charged\./],
  no_such_run: [{ reason: 'no_such_run', given: 'abcd' }, /no run "abcd".*history/],
  ambiguous_run: [{ reason: 'ambiguous_run', given: 'abcd' }, /Several runs begin with "abcd".*more characters/],
  nothing_to_cancel: [{ reason: 'nothing_to_cancel' }, /nothing to stop/],
  several_to_cancel: [
    { reason: 'several_to_cancel', runs: [{ id: '0b8f6a52', prompt: 'a fox' }] },
    /Say which one: cancel 0b8f6a52 \(a fox\)\./,
  ],
  elsewhere: [{ reason: 'elsewhere', channels: ['C1'] }, /Not in this channel.*other channels.*Nothing was charged/],
  daily_limit: [
    { reason: 'daily_limit', max: 3, againInMs: 3_900_000 },
    /your 3 runs of the day.*3 runs in 24 hours.*possible in 1 h 5 min.*Nothing was charged/,
  ],
  not_your_run: [{ reason: 'not_your_run', wish: 'stop' }, /not yours.*an admin can stop it/],
  still_at_work: [{ reason: 'still_at_work' }, /still at work.*Cancel it first/],
  media_expired: [{ reason: 'media_expired' }, /kept .* then erased.*Upload it again/],
  run_deleted: [{ reason: 'run_deleted' }, /was deleted.*Start a new one/],
  nothing_to_extend: [{ reason: 'nothing_to_extend' }, /no film.*Nothing was charged/],
  nothing_to_animate: [{ reason: 'nothing_to_animate' }, /no image.*Nothing was charged/],
  no_such_image: [{ reason: 'no_such_image', given: 7, allowed: [1, 2] }, /1 (or|ou) 2/],
  no_such_proposal: [{ reason: 'no_such_proposal' }, /./],
  nothing_to_change: [{ reason: 'nothing_to_change' }, /no image.*Nothing was charged/],
  cast: [{ reason: 'cast', why: { outcome: 'taken', name: 'fox' } }, /@fox already.*Nothing was added/],
  no_cast_in_video: [{ reason: 'no_cast_in_video' }, /complete, image, story and edit.*Nothing was charged/],
  no_frames: [{ reason: 'no_frames', model: 'wan-2' }, /wan-2 makes the video from your words.*Nothing was charged/],
  no_ending: [{ reason: 'no_ending', model: 'veo-1' }, /veo-1 takes no last frame.*Nothing was charged/],
  unknown_model: [
    { reason: 'unknown_model', option: 'model', word: 'omini', nearest: 'omni' },
    /omini.*Did you mean omni\?.*Nothing was charged/s,
  ],
  unused_model: [
    {
      reason: 'unused_model',
      option: 'model',
      word: 'veo',
      makes: ['video'],
      workflow: 'image',
      works: ['complete', 'video', 'story'],
    },
    /veo has nothing to do.*makes videos, and image needs none.*works with complete, video or story.*Nothing was charged/s,
  ],
  model_gone: [
    { reason: 'model_gone', model: 'veo' },
    /veo cannot be used here any more.*made with it.*Nothing was charged.*another model/s,
  ],
  model_not_allowed: [
    { reason: 'model_not_allowed', option: 'model', model: 'veo', allowed: ['omni'] },
    /veo may not be used.*allows omni.*Nothing was charged/s,
  ],
  not_in_cast: [
    { reason: 'not_in_cast', name: 'fxo', nearest: 'fox' },
    /no @fxo.*@fox.*cast add fxo.*leave out the @.*Nothing was charged/s,
  ],
  too_many_references: [
    { reason: 'too_many_references', needed: 4, max: 1, model: 'small-1', able: 'large-1' },
    /small-1 can follow 1 picture.*needs 4.*large-1 could do it.*Nothing was charged/s,
  ],
  stop_costs: [
    { reason: 'stop_costs', runId: id, cost: { credits: 18, back: 6, atWork: 'video' }, told: 0 },
    /The video is being made\. Stopping now costs 18 credits, 6 come back\./,
  ],
  costs_more: [
    {
      reason: 'costs_more',
      priceCredits: 35,
      told: 24,
      button: { action: 'again', runId: id, step: null, prompt: null },
    },
    /This costs 35 credits by now.*It was 24 credits when you were told\. Nothing was charged\./s,
  ],
  already_over: [{ reason: 'already_over', id: '0b8f6a52', state: 'is done' }, /is over.*is done.*status 0b8f6a52/],
};

test.each(Object.values(refusals).map(([refusal, says]) => ({ reason: refusal.reason, refusal, says })))(
  'a refusal for $reason says what is wrong and what to do',
  ({ refusal, says }) => {
    const { title, blocks } = refusalCard(refusal, text);
    expect(`${title} ${blocks.map((block) => (block.kind === 'text' ? block.text : '')).join(' ')}`).toMatch(says);
  },
);

const imageFaults: Record<ImageFault, RegExp> = {
  missing: /nope\.png/,
  empty: /empty/,
  too_large: /10 MB/,
  unknown_type: /PNG, JPEG or WebP/,
  damaged: /damaged/,
  too_many_pixels: /4096/,
  animated: /still image/,
};

test.each(Object.entries(imageFaults))(
  'an image that is %s is refused in its own words, and costs nothing',
  (why, says) => {
    const known = Object.keys(imageFaults).find((fault): fault is ImageFault => fault === why);
    if (!known) throw new Error(why);
    const { text: sentence } = text.refusals.refusal({ reason: 'bad_image', why: known, detail: 'nope.png' });
    expect(sentence).toMatch(says);
    expect(sentence).toMatch(/Nothing was charged\.$/);
  },
);

/** The member's next step after each kind of failure. */
const nextSteps: Record<FailureKind, RegExp> = {
  refused: /Other words/,
  invalid_request: /other options/,
  bad_key: /An admin can set a new one/,
  quota: /The operator can raise it/,
  rate_limited: /Try again later/,
  unavailable: /Try again in a few minutes/,
  timeout: /Try again/,
  interrupted: /Try again/,
  no_output: /Try again/,
  storage: /The operator can help/,
  internal: /try again/,
  canceled: /costs nothing/,
};

test.each(locales)('over HTTP no refusal speaks of commands and their options (%s)', (locale) => {
  for (const [refusal] of Object.values(refusals)) {
    const { title, detail } = refusalProblem(refusal, textOf(locale));
    expect(`${title}. ${detail}`).not.toMatch(/--|: (help|history|status|keys)\b|undefined/);
  }
});

test('in English it is spelled canceled, wherever people read it', () => {
  const folder = new URL('../../../src/bots/text/en/', import.meta.url);
  const said = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  said.push(readFileSync(new URL('../../../README.md', import.meta.url), 'utf8'));
  for (const words of said) expect(words).not.toMatch(/cancell(?!ation)/i);
});

test.each(failureKinds)('a failure of the kind %s is told for every step, with what to do next', (kind) => {
  for (const step of stepKinds) {
    for (const detail of ['', 'because', 'Because.']) {
      const sentence = text.runs.failure(step, kind, detail);
      expect(sentence).toMatch(nextSteps[kind]);
      expect(sentence).not.toMatch(/\.\.|undefined|: \.| {2}/);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    }
  }
});

test('amounts, lengths of time and sizes are said as people say them', () => {
  const { credits, duration, guess, bytes, few, anyOf } = text.measures;
  expect([credits(0), credits(1), credits(2400)]).toEqual(['0 credits', '1 credit', '2,400 credits']);
  expect([duration(840), duration(9_949), duration(9_950), duration(65_000)]).toEqual([
    '0.8 s',
    '9.9 s',
    '10 s',
    '1 min 5 s',
  ]);
  expect([guess(0), guess(1_400), guess(12_600)]).toEqual(['1 s', '1 s', '13 s']);
  expect([bytes(999), bytes(1_500), bytes(5_973_459)]).toEqual(['999 bytes', '2 kB', '6.0 MB']);
  expect(few('a\n b 👩‍👩‍👧 c', 6)).toBe('a b 👩‍👩‍👧…');
  expect([anyOf(['a']), anyOf(['a', 'b']), anyOf(['a', 'b', 'c'])]).toEqual(['a', 'a or b', 'a, b or c']);
});
