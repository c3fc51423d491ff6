import type { CastRefusal, Refusal } from '../../commands/refusal.ts';
import type { Expected } from '../../web/expected.ts';
import { anyOf, credits, few, left } from './measures.ts';

/** The texts of the page's server and of the HTTP API. */
export const problems = {
  signed_out: {
    title: 'You are not signed in',
    detail: 'Type /vidgenie web in your chat and open the link that you get, or send a bearer token.',
  },
  bad_token: {
    title: 'That token opens nothing',
    detail: 'It was revoked, or copied in part. An admin makes a new one with: /vidgenie api',
  },
  foreign_origin: {
    title: 'That did not come from here',
    detail: 'What changes something is taken from the page of this installation only.',
  },
  not_local: {
    title: 'Only this machine may open that',
    detail:
      'Without a chat platform there is no sign-in. Open the address that the program printed on this machine, or send a bearer token.',
  },
  admins_only: {
    title: 'Only admins may do that',
    detail: 'Ask an admin of this workspace; their word counts here for an hour, then a new /vidgenie web renews it.',
  },
  operators_only: {
    title: 'Only an operator may do that',
    detail: 'It takes a token of the scope operator: npx vidgenie tokens create <workspace> --scope operator',
  },
  people_only: {
    title: 'No token makes another',
    detail: 'An admin makes tokens on the page, under Admin, or with: /vidgenie api',
  },
  too_fast: { title: 'Too much at once', detail: 'Wait for as many seconds as Retry-After says, then go on.' },
  too_many_streams: {
    title: 'Too many open streams',
    detail: 'Close some of those that you listen to, then ask again.',
  },
  not_json: { title: 'That is no JSON', detail: 'Send JSON, with the header content-type: application/json' },
  malformed: { title: 'That cannot be read', detail: 'See /api/docs for what is expected.' },
  method_not_allowed: {
    title: 'That is not done here',
    detail: 'The header Allow names what is; /api/docs tells of all.',
  },
  too_large: { title: 'That is too large', detail: 'An image may have 10 MB, anything else 64 kB.' },
  not_found: { title: 'There is no such thing here', detail: 'It may be deleted, or belong elsewhere.' },
  bad_link: {
    title: 'This link does not open anything any more',
    detail: 'A link serves once, for ten minutes. Type /vidgenie web for a new one.',
  },
  key_reused: {
    title: 'That Idempotency-Key was used for something else',
    detail: 'The same key means the same request. Nothing was done; use a new key.',
  },
  only_data_url: {
    title: 'That image cannot be fetched',
    detail: 'Send the image itself: data:image/png;base64,… (PNG, JPEG or WebP). Nothing was charged.',
  },
  fault: {
    title: 'Something unexpected happened',
    detail: 'Try again in a moment. Nothing was charged without a run to show for it.',
  },
  away: {
    title: 'Not now',
    detail:
      'VidGenie cannot reach its database, or it is overloaded. Try again in a moment. Nothing was charged without a run to show for it.',
  },
};

/** The request is not of the expected form. */
export const given = {
  missing: (field: string) => `${field} is missing`,
  wrong: (field: string, value: string | null) =>
    value === null ? `${field} is not what it has to be` : `${field} cannot be ${few(value, 40)}`,
  tooLong: (field: string) => `${field} is too long`,
  characters: (max: number, length: number) =>
    `It may have ${max.toLocaleString('en')} characters; this one has ${length.toLocaleString('en')}.`,
  object: 'Send a JSON object.',
  examples: 'There are examples at /api/docs.',
  expected: (it: Expected): string => {
    switch (it.kind) {
      case 'whole_number':
      case 'number':
        return `It is a ${it.kind === 'number' ? 'number' : 'whole number'}${between(it.min, it.max)}.`;
      case 'choices':
        return `It can be ${anyOf(it.values)}.`;
      case 'true_or_false':
        return 'It is true or false.';
      case 'id':
        return 'It is an id, such as 0b8f6a52-7c1e-4d0a-9a55-2f4c1d0e8b17.';
      case 'text':
        return it.maxLength === null
          ? 'It is text.'
          : `It is text of up to ${it.maxLength.toLocaleString('en')} characters.`;
      case 'list':
        return it.maxLength === null ? 'It is a list.' : `It is a list of up to ${it.maxLength}.`;
      case 'object':
        return 'It is an object.';
      case 'other':
        return 'It has another form.';
    }
  },
};

const between = (min: number | null, max: number | null): string => {
  if (min !== null && max !== null) return ` from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
  if (min !== null) return ` from ${min.toLocaleString('en')} on`;
  return max === null ? '' : ` up to ${max.toLocaleString('en')}`;
};

/** Refusals that a chat explains with commands. The page has no commands, so it needs other texts. Null: use the text of the chat. */
export function refusal(it: Refusal): { title: string; text: string } | null {
  switch (it.reason) {
    case 'bad_value':
    case 'missing_value': {
      const title = it.reason === 'bad_value' ? given.wrong(it.option, `"${it.given}"`) : given.missing(it.option);
      const { allowed } = it;
      if (allowed.kind === 'on_off') return { title, text: given.expected({ kind: 'true_or_false' }) };
      if (allowed.kind === 'models') return { title, text: given.expected({ kind: 'list', maxLength: allowed.max }) };
      return { title, text: given.expected(allowed.kind === 'text' ? { kind: 'text', maxLength: null } : allowed) };
    }
    case 'missing':
      if (it.option === 'prompt') return { title: 'What would you like to see?', text: 'Say it in a few words.' };
      if (it.option === 'image') return { title: 'Which image?', text: 'Add a PNG, JPEG or WebP image.' };
      return { title: given.missing(it.option), text: given.examples };
    case 'unknown_option':
      return { title: `There is no ${few(it.given, 30)}`, text: `There is ${anyOf(it.allowed)}.` };
    case 'unexpected_words':
      return { title: `"${few(it.words, 30)}" does not belong there`, text: given.examples };
    case 'given_twice':
      return { title: `${it.option} was given twice`, text: 'Say it once, so that it is clear which one counts.' };
    case 'admins_only':
      return { title: problems.admins_only.title, text: problems.admins_only.detail };
    case 'insufficient':
      return {
        title: 'Not enough credits',
        text: `This costs ${credits(it.priceCredits)} and ${it.balance} ${it.balance === 1 ? 'is' : 'are'} left${
          it.heldCredits > 0 ? ` (${it.heldCredits} more held by runs at work)` : ''
        }. Nothing was charged. A shorter video, a lower resolution, no sound or standard quality costs less; free credits come back at the start of each month, and an operator can grant more.`,
      };
    case 'busy':
      return {
        title: 'You have enough on the way',
        text: `${it.max} of your runs are at work or waiting, which is as many as one member may have here. Nothing was charged. Try again when one is done, or cancel one.`,
      };
    case 'unsupported':
      return {
        title: `${it.option} ${it.value} is not possible here`,
        text: `${it.model} can do ${anyOf(it.allowed)}. Nothing was charged.`,
      };
    case 'no_key':
      return {
        title: `Nobody has a key for the ${things[it.step]} yet`,
        text: 'Nothing was charged. An admin can bring one.',
      };
    case 'unknown_model':
      return {
        title: `No model is called ${few(it.word, 60)} here`,
        text: `${it.nearest === null ? '' : `Did you mean ${it.nearest}? `}Nothing was charged.`,
      };
    case 'not_in_cast': {
      const meant = it.nearest === null ? '' : `Did you mean @${it.nearest}? `;
      const rest = 'The page Cast shows who is in it. If you mean nobody of the cast, leave out the @.';
      return { title: `There is no @${few(it.name, 30)} in the cast`, text: `${meant}${rest} Nothing was charged.` };
    }
    case 'cast':
      return castRefusal(it.why);
    case 'no_such_run':
    case 'ambiguous_run':
    case 'nothing_to_cancel':
      return { title: problems.not_found.title, text: problems.not_found.detail };
    case 'several_to_cancel':
      return { title: 'Several runs are at work', text: 'Say which one.' };
    case 'already_over':
      return { title: 'That run is over', text: `It ${it.state}, so there is nothing to cancel.` };
    default:
      return null;
  }
}

/** Refusals for which the chats would name a command. The others read the same everywhere. */
function castRefusal(why: CastRefusal): { title: string; text: string } | null {
  switch (why.outcome) {
    case 'taken':
      return {
        title: `There is a @${why.name} already`,
        text: 'Nothing was added. Choose another name, or remove that one first.',
      };
    case 'full':
      return { title: 'The cast is full', text: `It has room for ${why.max}. Remove one first.` };
    case 'no_entry':
      return {
        title: `There is no @${few(why.name, 30)} in the cast`,
        text: why.nearest === null ? 'It may have been removed.' : `Did you mean @${why.nearest}?`,
      };
    default:
      return null;
  }
}

const things = { enhance: 'prompt', image: 'image', video: 'video' } as const;

/** Admins have chosen the channels in which members may start runs, and the requester is in none of them. */
export const elsewhere = {
  page: {
    title: 'Not from that channel',
    detail:
      'The admins of this workspace have chosen the channels for this, and your link came from another one. Nothing was charged. Type /vidgenie web in one of theirs for a link that serves.',
  },
  token: {
    title: "Not with a member's token",
    detail:
      "The admins of this workspace have chosen the channels for this, and a member's token belongs to none. Nothing was charged. Ask in one of those channels, or let an admin make a token with an admin's rights.",
  },
};

export const link = {
  title: 'Your way in',
  open: 'Open VidGenie',
  text: (minutes: number) => `The link is for you alone, opens once, and only within ${minutes} minutes.`,
  local: 'The page',
  localText: 'It is for this machine alone, and needs no sign-in.',
  here: 'It is at the address that was printed when VidGenie started, for this machine alone.',
  noAddress: 'There is no public page',
  noAddressText: 'Whoever hosts VidGenie has not said where it can be found: PUBLIC_URL=https://… makes it so.',
};

export const enter = {
  title: 'VidGenie',
  intro: 'Your link is ready.',
  button: 'Open VidGenie',
  noScript: 'This page needs JavaScript.',
};

/** The page for an address that does not exist. */
export const notFound = {
  title: 'There is nothing here',
  detail: 'The address may be mistyped, or what stood here is gone.',
  home: 'Make something',
};

export const tokens = {
  title: 'Tokens for programs',
  none: 'There are none. Make one with: api --create member --label "what it is for"',
  created: (scope: string) => `A token with the rights of ${scope === 'admin' ? 'an admin' : 'a member'}`,
  once: 'Copy it now: it is shown this once, and only its hash is kept.',
  how: (url: string) =>
    `Send it as "Authorization: Bearer …" to ${url}/api; what there is, with examples: ${url}/api/docs`,
  revoked: (label: string) => `The token "${label}" opens nothing any more`,
  unknown: (reference: string) => `No token begins with "${reference}"`,
  line: (scope: string, lastFour: string) => `${scope} …${lastFour}`,
  unused: 'never used',
  used: (day: string) => `last used ${day}`,
  change: 'api --create member --label "…" makes another; api --revoke <id> ends one at once.',
  somewhere: 'https://…',
  unnamed: 'unnamed',
};

export const granted = (amount: number, balance: number) => `${credits(amount)} added: ${left(balance)}.`;
export const grantNote = (name: string) => `granted by ${name}`;
export const deducted = (reason: string) => (reason === '' ? 'deducted by the API' : reason);

export const others = 'Everybody else';
