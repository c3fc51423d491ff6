import type { CastRefusal, Refusal } from '../../commands/refusal.ts';
import type { Expected } from '../../web/expected.ts';
import { anyOf, credits, few, left } from './measures.ts';

export const problems = {
  signed_out: {
    title: 'Vous n’êtes pas connecté',
    detail: 'Tapez /vidgenie web dans votre messagerie et ouvrez le lien reçu, ou envoyez un jeton.',
  },
  bad_token: {
    title: 'Ce jeton n’ouvre rien',
    detail: 'Il a été révoqué, ou mal copié. Un admin en crée un nouveau avec : /vidgenie api',
  },
  foreign_origin: {
    title: 'Cela ne vient pas d’ici',
    detail: 'Seule la page de cette installation peut changer quelque chose.',
  },
  not_local: {
    title: 'Seule cette machine peut ouvrir cela',
    detail:
      'Sans messagerie il n’y a pas de connexion. Ouvrez l’adresse affichée par le programme sur cette machine, ou envoyez un jeton.',
  },
  admins_only: {
    title: 'Réservé aux admins',
    detail:
      'Demandez à un admin de cet espace ; sa qualité vaut ici une heure, puis un nouveau /vidgenie web la renouvelle.',
  },
  operators_only: {
    title: 'Réservé à l’hébergeur',
    detail: 'Il faut un jeton de portée operator : npx vidgenie tokens create <espace> --scope operator',
  },
  people_only: {
    title: 'Un jeton n’en crée pas d’autre',
    detail: 'Un admin crée les jetons à la page Admin, ou avec : /vidgenie api',
  },
  too_fast: { title: 'Trop à la fois', detail: 'Attendez autant de secondes que le dit Retry-After, puis continuez.' },
  too_many_streams: { title: 'Trop de flux ouverts', detail: 'Fermez-en quelques-uns, puis redemandez.' },
  not_json: { title: 'Ce n’est pas du JSON', detail: 'Envoyez du JSON, avec l’en-tête content-type: application/json' },
  malformed: { title: 'Cela est illisible', detail: 'Voyez /api/docs pour ce qui est attendu.' },
  method_not_allowed: {
    title: 'Cela ne se fait pas ici',
    detail: 'L’en-tête Allow dit ce qui se fait ; /api/docs dit tout.',
  },
  too_large: { title: 'C’est trop grand', detail: 'Une image peut avoir 10 Mo, toute autre chose 64 ko.' },
  not_found: { title: 'Rien de tel ici', detail: 'C’est peut-être supprimé, ou ailleurs.' },
  bad_link: {
    title: 'Ce lien n’ouvre plus rien',
    detail: 'Un lien sert une fois, pendant dix minutes. Tapez /vidgenie web pour en avoir un autre.',
  },
  key_reused: {
    title: 'Cette Idempotency-Key a servi à autre chose',
    detail: 'La même clé veut dire la même demande. Rien n’a été fait ; prenez une nouvelle clé.',
  },
  only_data_url: {
    title: 'Cette image ne peut pas être cherchée',
    detail: 'Envoyez l’image même : data:image/png;base64,… (PNG, JPEG ou WebP). Rien n’a été débité.',
  },
  fault: {
    title: 'Il s’est passé quelque chose d’inattendu',
    detail: 'Réessayez dans un instant. Rien n’est débité sans une réalisation en face.',
  },
  away: {
    title: 'Pas maintenant',
    detail:
      'VidGenie n’atteint pas sa base de données, ou celle-ci est surchargée. Réessayez dans un instant. Rien n’est débité sans une réalisation en face.',
  },
};

export const given = {
  missing: (field: string) => `${field} manque`,
  wrong: (field: string, value: string | null) =>
    value === null ? `${field} n’est pas ce qu’il faut` : `${field} ne peut pas valoir ${few(value, 40)}`,
  tooLong: (field: string) => `${field} est trop long`,
  characters: (max: number, length: number) =>
    `${max.toLocaleString('fr')} caractères au plus ; il y en a ${length.toLocaleString('fr')}.`,
  object: 'Envoyez un objet JSON.',
  examples: 'Il y a des exemples sur /api/docs.',
  expected: (it: Expected): string => {
    switch (it.kind) {
      case 'whole_number':
      case 'number':
        return `C’est un nombre${it.kind === 'number' ? '' : ' entier'}${between(it.min, it.max)}.`;
      case 'choices':
        return `Les valeurs possibles : ${anyOf(it.values)}.`;
      case 'true_or_false':
        return 'C’est true ou false.';
      case 'id':
        return 'C’est un identifiant, comme 0b8f6a52-7c1e-4d0a-9a55-2f4c1d0e8b17.';
      case 'text':
        return it.maxLength === null
          ? 'C’est un texte.'
          : `C’est un texte de ${it.maxLength.toLocaleString('fr')} caractères au plus.`;
      case 'list':
        return it.maxLength === null ? 'C’est une liste.' : `C’est une liste de ${it.maxLength} au plus.`;
      case 'object':
        return 'C’est un objet.';
      case 'other':
        return 'Il faut une autre forme.';
    }
  },
};

const between = (min: number | null, max: number | null): string => {
  if (min !== null && max !== null) return ` de ${min.toLocaleString('fr')} à ${max.toLocaleString('fr')}`;
  if (min !== null) return ` à partir de ${min.toLocaleString('fr')}`;
  return max === null ? '' : ` jusqu’à ${max.toLocaleString('fr')}`;
};

export function refusal(it: Refusal): { title: string; text: string } | null {
  switch (it.reason) {
    case 'bad_value':
    case 'missing_value': {
      const title = it.reason === 'bad_value' ? given.wrong(it.option, `« ${it.given} »`) : given.missing(it.option);
      const { allowed } = it;
      if (allowed.kind === 'on_off') return { title, text: given.expected({ kind: 'true_or_false' }) };
      if (allowed.kind === 'models') return { title, text: given.expected({ kind: 'list', maxLength: allowed.max }) };
      return { title, text: given.expected(allowed.kind === 'text' ? { kind: 'text', maxLength: null } : allowed) };
    }
    case 'missing':
      if (it.option === 'prompt') return { title: 'Qu’aimeriez-vous voir ?', text: 'Dites-le en quelques mots.' };
      if (it.option === 'image') return { title: 'Quelle image ?', text: 'Ajoutez une image PNG, JPEG ou WebP.' };
      return { title: given.missing(it.option), text: given.examples };
    case 'unknown_option':
      return { title: `Il n’y a pas de ${few(it.given, 30)}`, text: `Il y a ${anyOf(it.allowed)}.` };
    case 'unexpected_words':
      return { title: `« ${few(it.words, 30)} » n’a rien à faire là`, text: given.examples };
    case 'given_twice':
      return { title: `${it.option} est donné deux fois`, text: 'Une seule fois suffit, pour savoir lequel compte.' };
    case 'admins_only':
      return { title: problems.admins_only.title, text: problems.admins_only.detail };
    case 'insufficient':
      return {
        title: 'Pas assez de crédits',
        text: `Cela coûte ${credits(it.priceCredits)} et il en reste ${it.balance}${
          it.heldCredits > 0 ? ` (${it.heldCredits} de plus réservés par des créations en cours)` : ''
        }. Rien n’a été facturé. Une vidéo plus courte, une résolution plus basse, sans son ou en qualité standard coûte moins ; les crédits gratuits reviennent au début du mois, et un opérateur peut en accorder.`,
      };
    case 'busy':
      return {
        title: 'Vous avez déjà beaucoup en cours',
        text: `${it.max} de vos créations sont en cours ou attendent : c’est le maximum par membre ici. Rien n’a été facturé. Réessayez quand l’une est finie, ou annulez-en une.`,
      };
    case 'unsupported':
      return {
        title: `${it.option} ${it.value} n’est pas possible ici`,
        text: `${it.model} accepte ${anyOf(it.allowed)}. Rien n’a été facturé.`,
      };
    case 'no_key':
      return {
        title: `Personne n’a encore de clé pour ${things[it.step]}`,
        text: 'Rien n’a été facturé. Un admin peut en apporter une.',
      };
    case 'unknown_model':
      return {
        title: `Aucun modèle ne s’appelle ${few(it.word, 60)} ici`,
        text: `${it.nearest === null ? '' : `Vouliez-vous dire ${it.nearest} ? `}Rien n’a été facturé.`,
      };
    case 'not_in_cast': {
      const meant = it.nearest === null ? '' : `Vouliez-vous dire @${it.nearest} ? `;
      const rest = 'La page Distribution montre qui en fait partie. Si vous ne pensez à personne d’elle, enlevez le @.';
      return {
        title: `Il n’y a pas de @${few(it.name, 30)} dans la distribution`,
        text: `${meant}${rest} Rien n’a été facturé.`,
      };
    }
    case 'cast':
      return castRefusal(it.why);
    case 'no_such_run':
    case 'ambiguous_run':
    case 'nothing_to_cancel':
      return { title: problems.not_found.title, text: problems.not_found.detail };
    case 'several_to_cancel':
      return { title: 'Plusieurs créations sont en cours', text: 'Dites laquelle.' };
    case 'already_over':
      return { title: 'Cette création est finie', text: `Elle ${it.state}, il n’y a rien à annuler.` };
    default:
      return null;
  }
}

/** Refusals for which the chats would name a command. The others read the same everywhere. */
function castRefusal(why: CastRefusal): { title: string; text: string } | null {
  switch (why.outcome) {
    case 'taken':
      return {
        title: `Il y a déjà un @${why.name}`,
        text: 'Rien n’a été ajouté. Choisissez un autre nom, ou retirez d’abord celui-là.',
      };
    case 'full':
      return { title: 'La distribution est complète', text: `Elle a ${why.max} places. Libérez-en une d’abord.` };
    case 'no_entry':
      return {
        title: `Il n’y a pas de @${few(why.name, 30)} dans la distribution`,
        text: why.nearest === null ? 'Il a peut-être été retiré.' : `Vouliez-vous dire @${why.nearest} ?`,
      };
    default:
      return null;
  }
}

const things = { enhance: 'le texte', image: 'l’image', video: 'la vidéo' } as const;

export const elsewhere = {
  page: {
    title: 'Pas depuis ce salon',
    detail:
      'Les admins de cet espace ont choisi les salons pour cela, et votre lien vient d’un autre. Rien n’a été facturé. Tapez /vidgenie web dans l’un des leurs pour avoir un lien qui convient.',
  },
  token: {
    title: 'Pas avec le jeton d’un membre',
    detail:
      'Les admins de cet espace ont choisi les salons pour cela, et le jeton d’un membre n’appartient à aucun. Rien n’a été facturé. Demandez dans l’un de ces salons, ou faites créer par un admin un jeton avec les droits d’un admin.',
  },
};

export const link = {
  title: 'Votre entrée',
  open: 'Ouvrir VidGenie',
  text: (minutes: number) => `Le lien est pour vous seul, s’ouvre une fois, et pendant ${minutes} minutes seulement.`,
  local: 'La page',
  localText: 'Elle est pour cette machine seule, sans connexion.',
  here: 'Elle est à l’adresse affichée au démarrage de VidGenie, pour cette machine seule.',
  noAddress: 'Il n’y a pas de page publique',
  noAddressText: 'L’hébergeur de VidGenie n’a pas dit où la trouver : PUBLIC_URL=https://… suffit.',
};

export const enter = {
  title: 'VidGenie',
  intro: 'Votre lien est prêt.',
  button: 'Ouvrir VidGenie',
  noScript: 'Cette page a besoin de JavaScript.',
};

export const notFound = {
  title: 'Il n’y a rien ici',
  detail: 'L’adresse est peut-être mal écrite, ou ce qui était là a disparu.',
  home: 'Créer quelque chose',
};

export const tokens = {
  title: 'Jetons pour les programmes',
  none: 'Il n’y en a pas. Créez-en un avec : api --create member --label "à quoi il sert"',
  created: (scope: string) => `Un jeton avec les droits d’un ${scope === 'admin' ? 'admin' : 'membre'}`,
  once: 'Copiez-le maintenant : il n’est montré qu’une fois, et seule son empreinte est gardée.',
  how: (url: string) =>
    `Envoyez-le en « Authorization: Bearer … » à ${url}/api ; tout y est décrit, avec des exemples : ${url}/api/docs`,
  revoked: (label: string) => `Le jeton « ${label} » n’ouvre plus rien`,
  unknown: (reference: string) => `Aucun jeton ne commence par « ${reference} »`,
  line: (scope: string, lastFour: string) => `${scope} …${lastFour}`,
  unused: 'jamais utilisé',
  used: (day: string) => `utilisé le ${day}`,
  change: 'api --create member --label "…" en crée un autre ; api --revoke <id> en arrête un aussitôt.',
  somewhere: 'https://…',
  unnamed: 'sans nom',
};

export const granted = (amount: number, balance: number) =>
  `${credits(amount)} ${amount < 2 ? 'ajouté' : 'ajoutés'} : ${left(balance)}.`;
export const grantNote = (name: string) => `accordé par ${name}`;
export const deducted = (reason: string) => (reason === '' ? 'débité par l’API' : reason);

export const others = 'Tous les autres';
