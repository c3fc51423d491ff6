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
  too_fast: { title: 'Trop à la fois', detail: 'Attendez autant de secondes que le dit Retry-After, puis continuez.' },
  too_many_streams: { title: 'Trop de flux ouverts', detail: 'Fermez-en quelques-uns, puis redemandez.' },
  not_json: { title: 'Ce n’est pas du JSON', detail: 'Envoyez du JSON, avec l’en-tête content-type: application/json' },
  malformed: { title: 'Cela est illisible', detail: 'Voyez /api/openapi.json pour ce qui est attendu.' },
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
};

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

export const tokens = {
  title: 'Jetons pour les programmes',
  none: 'Il n’y en a pas. Créez-en un avec : api --create member --label "à quoi il sert"',
  created: (scope: string) => `Un jeton avec les droits d’un ${scope === 'admin' ? 'admin' : 'membre'}`,
  once: 'Copiez-le maintenant : il n’est montré qu’une fois, et seule son empreinte est gardée.',
  how: (url: string) =>
    `Envoyez-le en « Authorization: Bearer … » à ${url}/api ; tout est décrit dans ${url}/api/openapi.json.`,
  revoked: (label: string) => `Le jeton « ${label} » n’ouvre plus rien`,
  unknown: (reference: string) => `Aucun jeton ne commence par « ${reference} »`,
  line: (scope: string, lastFour: string) => `${scope} …${lastFour}`,
  unused: 'jamais utilisé',
  used: (day: string) => `utilisé le ${day}`,
  change: 'api --create member --label "…" en crée un autre ; api --revoke <id> en arrête un aussitôt.',
  somewhere: 'https://…',
  unnamed: 'sans nom',
};

export const deducted = (reason: string) => (reason === '' ? 'débité par l’API' : reason);

export const others = 'Tous les autres';
