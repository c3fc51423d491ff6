import { type ProvidedKind, vendors } from '../../../domain.ts';
import { allOf, anyOf } from './measures.ts';

const ownServers = {
  enhance: 'the prompt server',
  image: 'the image server',
  video: 'the video server',
} as const satisfies Record<ProvidedKind, string>;

/** The help texts of the command line. */
export const describe = {
  version: 'print the version',
  program: 'A self-hosted chat bot that turns a prompt into an image and a video, with honest credits per workspace.',
  start: 'start the roles that the configuration names; without a chat platform it opens the page and a terminal',
  demo: 'make an image and a video, here and now, without any account',
  run: (workflows: readonly string[]) => `start a workflow (${workflows.join(', ')}) and follow it to its end`,
  actions: 'On a result (without a run, on the newest one):',
  actionWords: 'the run, the number of one of several images, and words, each if needed',
  status: 'show where a run stands (the newest, when none is named)',
  cancel: 'stop a run and wait until it is stopped',
  history: 'list the latest runs and what they made',
  credits: 'show the balance, the last transactions and the use',
  grant: 'give a workspace credits',
  castAdd: 'add somebody to the cast, from image files',
  castList: 'list the cast',
  castShow: 'show who somebody of the cast is, with their pictures',
  castRemove: 'remove somebody from the cast',
  keys: "list, set, check and remove a workspace's own provider keys",
  keysList: 'show which keys are stored',
  keysSet: 'store a key, read from a hidden prompt or from stdin',
  keysCheck: 'try the stored key with a call that costs nothing',
  keysRemove: 'delete a stored key',
  keysRotate: 'bring every stored secret under the newest key of the keyring',
  tokens: 'make, list and revoke tokens for the HTTP API',
  tokensCreate: 'make a token; it is printed once, and only its hash is kept',
  tokensList: 'list the tokens of a workspace that are in force',
  tokensRevoke: 'end a token at once',
  discord: 'what an operator does at Discord',
  discordRegister: 'tell Discord the commands, when it does not know them as they are',
  discordInvite: 'print the link that adds the bot to a server, with exactly the permissions it needs',
  slack: 'what an operator does at Slack',
  slackManifest: 'print the manifest that Slack makes the app from',
  migrate: 'bring the database to the newest schema, and make the place for media where it is missing',
  prices: 'show what the steps of each model sell for and what the vendors charge, and which ones lose money',
  doctor: 'check every part and say what to do about what is not well',
};

export const options = {
  slackUrl: 'the public https address of this installation; without it the app uses Socket Mode',
  json: 'print JSON',
  full: 'check the whole ledger and every stored result; it goes on where an interrupted one was',
  jsonEvents: 'print one JSON object per event',
  amount: 'how many credits',
  workspace: 'the workspace, for example discord:81384788765712384',
  imageFile: (max: number) => `an image file; up to ${max} of them`,
  key: 'an idempotency key: granting twice with one key changes the balance once',
  note: 'a note for the ledger',
  keyWorkspace: "the workspace (default: the terminal's own)",
  vendor: anyOf(vendors),
  scope: (scopes: readonly string[]) => `what it may do: ${anyOf(scopes)}`,
  label: 'what it is for',
  token: 'the first characters of its id',
};

export const pageAt = (address: string): string => `VidGenie is at ${address}`;
export const otherPort = (taken: number): string => `Port ${taken} is taken, so another was chosen. PORT=… names one.`;

export const seeHelp = 'vidgenie --help lists what there is.';

export const misspelt = (name: string, meant: string | null): string =>
  meant === null
    ? `${name} is no variable of VidGenie: .env.example lists them all.`
    : `${name} is no variable of VidGenie: did you mean ${meant}?`;
export const badEnvFile = (reason: string): string => `.env cannot be read: ${reason}`;
export const unreachableDatabase = (where: string, reason: string): string =>
  `The database ${where} cannot be used: ${reason}. Start it, or correct DATABASE_URL, or leave DATABASE_URL out to use the built-in one.`;
export const badSlackUrl = (given: string): string =>
  `"${given}" is no public address: Slack needs one that begins with https://, for example https://vidgenie.example.`;
export const unexpected = (message: string): string =>
  `Something unexpected happened: ${message.replace(/\.$/, '')}. With LOG_LEVEL=debug there is more.`;
export const stuck =
  'The stop took too long, so the process ends as it is. Nothing is lost: what is unfinished falls due by itself.';
export const interrupted = 'Stopped. An unfinished run resumes when VidGenie starts again.';

export const portTaken = (port: number): string =>
  `Port ${port} is taken: each process on a machine needs a PORT of its own (PORT=0 takes any free one).`;
export const portForbidden = (port: number): string =>
  `Port ${port} may not be used by this user: choose a PORT above 1023.`;

export const badGrant = {
  workspace: (given: string, problem: string) => `"${given}" is no workspace: ${problem}.`,
  amount: (given: string) =>
    `"${given}" is no number of credits: a whole number from 1 to 1,000,000 is, for example 100.`,
  unknown: (id: string) => `There is no workspace ${id} yet: it begins with its first command.`,
};
export const granted = (amount: number, id: string, balance: number): string =>
  `${amount} granted to ${id}, which has ${balance} now.`;
export const grantedBefore = (id: string, balance: number): string =>
  `This key was used for ${id} before, so nothing was changed. It has ${balance}.`;
export const keyReused = (id: string, before: number, now: number): string =>
  `This key changed ${id} by ${before} before, and now asks for ${now}. Nothing was changed: take another --key for another change.`;

export const keysDone = {
  argument:
    'A key is never an argument: it would stay in the history of your shell. Type it when you are asked, or pipe it in.',
  noVendor: (given: string) => `"${given}" issues no keys that VidGenie knows: ${allOf(vendors)} do.`,
  prompt: (vendor: string) => `${vendor} key`,
  none: (vendor: string) => `There is no ${vendor} key to check.`,
  checked: (vendor: string, lastFour: string, status: string) => `The ${vendor} key …${lastFour} ${status}.`,
  rotated: (count: number, version: string) =>
    `${count} ${count === 1 ? 'secret' : 'secrets'} brought under ${version}.`,
  rotationFailed: (conversation: string, reason: string) => `${conversation} could not be brought along: ${reason}`,
};

export const tokens = {
  badScope: (given: string, scopes: readonly string[]) => `"${given}" is no scope: ${anyOf(scopes)} is.`,
  none: (id: string) => `${id} has no tokens.`,
};

export const grantNote = (name: string): string => `granted by ${name}`;

export const storeMade = 'The place for media is made.';
export const migrated = (applied: number): string => `The database is up to date (${applied} migrations).`;

const addressAdvice = {
  name: 'give the name an address in DNS, or correct PUBLIC_URL',
  refused: 'start the proxy there, or correct PUBLIC_URL',
  silent: 'let the firewall take connections, or correct PUBLIC_URL',
  certificate: 'give the proxy there a certificate that is valid for this name',
  other: 'check the network, or correct PUBLIC_URL',
} as const;
export type AddressAdvice = keyof typeof addressAdvice;

/** The lines of `vidgenie doctor`: what is fine, or what is wrong and how to fix it. */
export const doctor = {
  fine: 'Everything is fine.',
  wrong: (lines: number) => `${lines} ${lines === 1 ? 'thing needs' : 'things need'} attention.`,
  parts: {
    node: 'Node.js',
    configuration: 'Configuration',
    home: 'Home folder',
    keyring: 'Keyring',
    database: 'Database',
    migrations: 'Migrations',
    queue: 'Queue',
    redis: 'Redis',
    media: 'Media store',
    ffmpeg: 'ffmpeg',
    providers: 'Providers',
    models: 'Models',
    comfyui: 'ComfyUI',
    prices: 'Prices',
    discord: 'Discord',
    slack: 'Slack',
    address: 'Address',
    objects: 'Results',
    ledger: 'Ledger',
    runs: 'Runs',
    growth: 'Size',
  },
  oldNode: (have: string, need: string) => `${have} is too old: install ${need} or newer`,
  homeFine: (path: string, free: string) => `${path} can be written, ${free} free`,
  homeNew: (path: string, free: string) => `${path} is made at the first start, ${free} free`,
  homeFull: (path: string, free: string, reserve: string) =>
    `${path} has only ${free} free, and VidGenie takes no new runs below ${reserve}: make room, or set VIDGENIE_HOME to a larger disk`,
  diskFull: (path: string, free: string, reserve: string) =>
    `the disk of ${path} has only ${free} free, and VidGenie takes no new runs below ${reserve}: make room there`,
  homeClosed: (path: string, reason: string) =>
    `${path} cannot be written (${reason}): change its owner, or set VIDGENIE_HOME`,
  keyringFine: (active: string, versions: readonly string[]) =>
    versions.length === 1 ? `${active} seals and opens` : `${active} seals, ${allOf(versions)} open`,
  keyringKept: (says: string, path: string) => `${says} (${path}: keep it in your backup)`,
  keyringNew: 'it is made at the first start',
  keyringOpen: (path: string) => `others on this machine can read it: chmod 600 ${path}`,
  embedded: (version: string) => `built-in PostgreSQL ${version} answers`,
  external: (version: string, where: string) => `PostgreSQL ${version} at ${where} answers`,
  connectionsShort: (used: number, max: number, needed: number) =>
    `${used} of ${max} connections are in use, and one more process of VidGenie may need ${needed}: raise max_connections, or end what else is connected`,
  noDatabaseYet: 'the built-in PostgreSQL is made at the first start',
  noAnswer: (seconds: number) => `no answer within ${seconds} s: check the network, or try again`,
  directAway: (reason: string) =>
    `the address in DATABASE_DIRECT_URL cannot be used: ${reason}; correct it, or leave it out if DATABASE_URL leads to no pooler`,
  oldDatabase: (version: string) => `PostgreSQL ${version} is too old: 15 or newer is needed`,
  unreachable: (reason: string) => `it cannot be reached: ${reason}`,
  migrationsFine: (count: number) => `all ${count} applied`,
  migrationsMissing: (missing: number) =>
    `${missing} ${missing === 1 ? 'is' : 'are'} not applied yet: run vidgenie migrate`,
  migrationsNewer: (count: number) => `the database has ${count} more than this version knows: update VidGenie`,
  queueFine: (waiting: number) => `reachable, ${waiting} ${waiting === 1 ? 'turn waits' : 'turns wait'} in it`,
  redisFine: (server: string) => `${server}, evicts nothing and writes to disk`,
  redisEvicts: (server: string, policy: string) =>
    `${server} throws keys away when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
  redisForgets: (server: string) =>
    `${server} writes nothing to disk, so a restart delays every run in the queue by some seconds: set appendonly yes`,
  redisFull: (server: string, used: string, max: string) =>
    `${server} uses ${used} of ${max} (maxmemory), and takes no jobs when that is full: raise maxmemory, or move other data away`,
  mediaFine: (where: string) => `${where} can be written, read and cleared`,
  mediaNew: (folder: string) => `${folder} is made with the first run`,
  ffmpegFine: (version: string, isBundled: boolean) =>
    `${version}, ${isBundled ? 'which comes with VidGenie' : 'the one on PATH'}`,
  providersFine: (models: readonly string[], unmade: readonly string[]) =>
    unmade.length === 0 ? allOf(models) : `${allOf(models)}; nobody has a key for: ${unmade.join(', ')}`,
  modelsFine: (vendor: string, count: number) => `the ${vendor} key works and may use ${count} models`,
  modelMissing: (model: string, vendor: string) =>
    `the ${vendor} key cannot use ${model}: name another model in the configuration, or ask ${vendor} for access`,
  modelRetiring: (model: string, day: string) =>
    `${model} will be shut down on ${day}: name its successor in the configuration`,
  cloudFine: (project: string, model: string) => `Google Cloud takes the sign-in of ${project}, and knows ${model}`,
  cloudFault: (project: string, model: string, reason: string) =>
    `Google Cloud cannot be used as ${project} with ${model}: ${reason} Check the Application Default Credentials, GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION`,
  keyFault: (vendor: string, reason: string) =>
    `the ${vendor} key cannot be used: ${reason} Replace ${vendor.toUpperCase()}_API_KEY`,
  vendorAway: (vendor: string, reason: string) =>
    `whether the ${vendor} key works is not known: ${reason} Check the network, or ${vendor.toUpperCase()}_BASE_URL`,
  comfyFine: (version: string, workflows: readonly string[]) => `version ${version} answers, for ${allOf(workflows)}`,
  comfyEmpty: 'it answers, but there is no workflow that can be used: see docs/comfyui, or unset COMFYUI_WORKFLOWS',
  comfyAway: (reason: string) => `it cannot be used: ${reason} Start it, or check COMFYUI_URL`,
  comfyKey: (reason: string) => `it refuses VidGenie: ${reason} Check COMFYUI_API_KEY`,
  comfyWorkflow: (file: string, problem: string) => `${file} cannot be used: ${problem}`,
  comfyNode: (workflow: string, node: string) =>
    `${workflow} needs the node ${node}, which ComfyUI does not have: update ComfyUI, or install the extension that has it`,
  comfyOption: (workflow: string, value: string, node: string, input: string) =>
    `${workflow} names ${value} as ${input} of ${node}, which ComfyUI does not have: put the file where docs/comfyui says, or name another in the workflow`,
  /** A server of the operator's own, and what VidGenie does without on it. `models` is null if it has no list of them. */
  serverFine: (step: ProvidedKind, models: readonly string[] | null, lacks: readonly string[]) => {
    const found =
      models === null
        ? 'it has no list of models'
        : `it lists ${models.length} ${models.length === 1 ? 'model' : 'models'}`;
    return `${ownServers[step]} answers, and ${found}${lacks.length > 0 ? `. VidGenie does without: ${allOf(lacks)}` : ''}`;
  },
  serverLacks: {
    format: 'structured output (the form of an answer is asked for in words)',
    edits: 'changing images (no references, and no buttons that change an image)',
    images: 'images (nothing makes any, so videos begin with the words)',
    moderation: 'moderation (only blocked words are checked: an OpenAI key would add it)',
  },
  serverModelMissing: (step: ProvidedKind, model: string) =>
    `${ownServers[step]} does not list ${model}: correct ${step.toUpperCase()}_MODEL, or load the model there`,
  serverAway: (step: ProvidedKind, reason: string) =>
    `${ownServers[step]} cannot be used: ${reason} Check ${step.toUpperCase()}_BASE_URL, ${step.toUpperCase()}_API_KEY and the server`,
  discordFine: (name: string, servers: number | null) =>
    servers === null
      ? `the bot is ${name}`
      : servers === 0
        ? `the bot is ${name}, in no server yet: vidgenie discord invite prints a link`
        : `the bot is ${name}, in ${servers} ${servers === 1 ? 'server' : 'servers'}`,
  commandsKnown: 'Discord knows the commands as they are',
  commandsNew: 'the next start registers the commands: Discord does not know them as they are',
  foreignPublicKey:
    'DISCORD_PUBLIC_KEY is not the key of this application: copy it from the page "General Information" in the developer portal',
  endpointWithoutKey: (url: string) =>
    `Discord sends interactions to ${url} and none over the gateway: set DISCORD_PUBLIC_KEY, or empty "Interactions Endpoint URL" in the developer portal`,
  noEndpoint: (publicUrl: string | null) =>
    `DISCORD_SHARDS=none, so nobody hears commands: write ${publicUrl ?? 'https://your.host'}/discord/interactions as "Interactions Endpoint URL" in the developer portal, once VidGenie runs there`,
  noConnectionsLeft: (minutes: number) =>
    `Discord allows no more connections for ${minutes} minutes: a bot that restarts again and again uses them up`,
  tooFewShards: (count: number, wanted: number) =>
    `Discord wants ${wanted} connections for these servers, and DISCORD_SHARD_COUNT is ${count}`,
  slackFine: (name: string, team: string) => `SLACK_BOT_TOKEN is that of ${name} in ${team}`,
  scopesMissing: (scopes: readonly string[]) =>
    `SLACK_BOT_TOKEN lacks ${allOf(scopes)}: give the app its manifest again (vidgenie slack manifest), and install it anew`,
  badBotToken: (refusal: string) =>
    `Slack does not accept SLACK_BOT_TOKEN (${refusal}): copy the "Bot User OAuth Token" of the page "Install App"`,
  appTokenFine: 'SLACK_APP_TOKEN opens connections',
  badAppToken: (refusal: string) =>
    `Slack does not accept SLACK_APP_TOKEN (${refusal}): make one with the scope connections:write on the page "Basic Information"`,
  clientFine: 'SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together',
  badClient: (refusal: string) =>
    `Slack does not accept SLACK_CLIENT_ID and SLACK_CLIENT_SECRET (${refusal}): copy both from the page "Basic Information"`,
  slackUnreachable: (address: string, reason: string) =>
    `Slack cannot be reached at ${address} (${reason}): check the network, or SLACK_API_URL`,
  addressFine: (url: string) => `a request to ${url} comes here`,
  hooksStopped: (url: string) =>
    `a request to ${url} comes here, but the webhooks of vendors do not, so videos are asked for more often: let the proxy send POST ${url}/hooks/… to VidGenie, or set WEBHOOKS=off`,
  addressRedirects: (url: string, origin: string) =>
    `${url} leads on to ${origin}: set PUBLIC_URL to what people end at`,
  proxyAlone: (url: string, status: number, port: number) =>
    `${url} answers ${status}: a proxy is there, and does not reach VidGenie on port ${port} of this machine (docs/nginx.conf is one that does)`,
  addressElsewhere: (url: string, status: number) =>
    `something else answers at ${url} (${status} for /healthz): correct PUBLIC_URL, or let the proxy there send everything to VidGenie`,
  addressUnreachable: (url: string, advice: AddressAdvice, reason: string) =>
    `nobody answers at ${url} (${reason}): ${addressAdvice[advice]}`,
  objectsFine: (count: number) => `all ${count} stored results are there`,
  objectsSampled: (seen: number, all: number) =>
    `the ${seen} that were looked at are there, of about ${all.toLocaleString('en')}: the newest, the oldest and others at random (vidgenie doctor --full looks at all)`,
  objectsUnseen: 'not looked at: whether they are there shows when the media store can be reached',
  objectsMissing: (keys: readonly string[], count: number) =>
    `${count} of the stored results ${count === 1 ? 'is' : 'are'} missing or not whole, for example ${keys.slice(0, 3).join(', ')}: put them back from a backup, or check where the media store points`,
  ledgerFine: (atRest: boolean) =>
    `what is new is verified, and every invariant holds${atRest ? ', nothing is held' : ''} (vidgenie doctor --full checks the whole ledger)`,
  ledgerWholeFine: (atRest: boolean) =>
    `the whole ledger is checked, and every invariant holds${atRest ? ', nothing is held' : ''}`,
  ledgerLate: (age: string) =>
    `the last ${age} are not verified yet: that goes on whenever /metrics is read, and vidgenie doctor --full does it at once`,
  ledgerBroken: (invariant: string, subject: string, found: number, expected: number) =>
    `"${invariant}" does not hold for ${subject}: ${found} where ${expected} is expected; please report this`,
  ledgerMore: (more: number) =>
    `${more.toLocaleString('en')} more ${more === 1 ? 'discrepancy is' : 'discrepancies are'} recorded; the latest are named above`,
  growth: (size: string, runs: number, kilobytesEach: number | null, largest: readonly string[]) =>
    kilobytesEach === null
      ? size
      : `${size} for about ${runs.toLocaleString('en')} runs, ${kilobytesEach.toFixed(1)} kB each: ${allOf(largest)} (docs/operations.md, "Growth of the database")`,
  runsFine: (unfinished: number) =>
    unfinished === 0 ? 'none is unfinished' : `${unfinished} at work, none of them overdue`,
  runsOverdue: (ids: readonly string[], count: number) =>
    `${count} overdue by more than a minute (${ids.join(', ')}): start a worker with vidgenie start`,
};

export const discord = {
  noToken: 'DISCORD_TOKEN is not set: it is on the page "Bot" of your application at https://discord.com/developers.',
  badToken: 'Discord does not accept DISCORD_TOKEN: reset it in the developer portal, and copy the new one.',
  unreachable: (address: string, reason: string) =>
    `Discord cannot be reached at ${address}: ${reason}. Check the network, or DISCORD_API_URL.`,
  registered: { changed: 'The commands are registered.', unchanged: 'Discord knows the commands as they are.' },
};

/** Sentences of `vidgenie doctor` about the daily look at the vendors' models. */
export const catalogues = {
  age: (vendor: string, models: number, hours: number) =>
    `${vendor} lists ${models} models, read ${hours < 1 ? 'within the last hour' : `${hours} h ago`}`,
  unread: (vendor: string) =>
    `the models of ${vendor} could never be read: a worker tries again every quarter of an hour`,
  doubtful: (vendor: string, detail: string) =>
    `${vendor} lists suddenly ${detail}: the old list serves until the next daily look says the same`,
  gone: (model: string, day: string) =>
    `${model} is in use and left its vendor's list on ${day}: name another model in the configuration or the settings`,
  retiring: (model: string, day: string) => `${model} is in use and will be shut down on ${day}: name its successor`,
  dearer: (model: string, detail: string, day: string) => `${model} became dearer on ${day}: ${detail}`,
  less: (model: string, detail: string, day: string) => `${model} can do less since ${day}. It has lost: ${detail}`,
  unanswered: (variable: string, model: string) =>
    `${variable} names ${model}, and no model answers to that name: see the models with vidgenie prices`,
  unansweredAlias: (alias: string, model: string) =>
    `the alias ${alias} in MODEL_ALIASES stands for ${model}, and no model answers to that name`,
};
