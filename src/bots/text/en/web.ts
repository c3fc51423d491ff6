/** The words of the page's server and of the HTTP API. */
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
  too_fast: { title: 'Too much at once', detail: 'Wait for as many seconds as Retry-After says, then go on.' },
  too_many_streams: {
    title: 'Too many open streams',
    detail: 'Close some of those that you listen to, then ask again.',
  },
  not_json: { title: 'That is no JSON', detail: 'Send JSON, with the header content-type: application/json' },
  malformed: { title: 'That cannot be read', detail: 'See /api/openapi.json for what is expected.' },
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
};

/** Admins have chosen the channels in which runs are started, and whoever asks here is in none of them. */
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

export const tokens = {
  title: 'Tokens for programs',
  none: 'There are none. Make one with: api --create member --label "what it is for"',
  created: (scope: string) => `A token with the rights of ${scope === 'admin' ? 'an admin' : 'a member'}`,
  once: 'Copy it now: it is shown this once, and only its hash is kept.',
  how: (url: string) =>
    `Send it as "Authorization: Bearer …" to ${url}/api; what there is stands in ${url}/api/openapi.json.`,
  revoked: (label: string) => `The token "${label}" opens nothing any more`,
  unknown: (reference: string) => `No token begins with "${reference}"`,
  line: (scope: string, lastFour: string) => `${scope} …${lastFour}`,
  unused: 'never used',
  used: (day: string) => `last used ${day}`,
  change: 'api --create member --label "…" makes another; api --revoke <id> ends one at once.',
  somewhere: 'https://…',
  unnamed: 'unnamed',
};

export const deducted = (reason: string) => (reason === '' ? 'deducted by the API' : reason);

export const others = 'Everybody else';
