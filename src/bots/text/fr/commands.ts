import type { Vendor, Workflow } from '../../../domain.ts';
import { vendorName } from '../../../pipeline/providers/vendors.ts';
import type { KeyChange } from '../../commands/keyChange.ts';
import { anyOf, credits } from './measures.ts';

export const describe = {
  complete: 'Créer une image et une vidéo à partir de quelques mots',
  image: 'Créer une image à partir de quelques mots',
  video: 'Donner vie à une de vos images',
  story: 'Raconter une histoire en plusieurs scènes, dans un seul film',
  edit: 'Modifier une image avec des mots simples',
  cast: 'Garder le même visage : ajouter, lister, voir et retirer ceux que désignent les @noms',
  status: 'Voir où en est une création',
  cancel: 'Arrêter une création ; ce qui n’est pas encore parti ne coûte rien',
  history: 'Retrouver les créations passées et leurs résultats',
  credits: 'Voir le solde, les dernières opérations et la consommation',
  keys: 'Utiliser vos propres clés d’OpenAI, de Google et d’autres, en privé',
  settings: 'Choisir ce que fait une commande quand on ne précise rien',
  web: 'Recevoir un lien privé vers la page de tout ce que vous avez fait',
  api: 'Créer, lister et révoquer des jetons pour programmes, en privé',
  help: 'Voir ce que fait VidGenie et ce que cela coûte',
};

export const options = {
  prompt: 'Ce que vous aimeriez voir',
  story: 'Ce qui se passe dans l’histoire',
  motion: 'Ce qui doit se passer dans la vidéo',
  image: 'L’image à animer : PNG, JPEG ou WebP, 10 Mo et 4096 pixels de côté au plus',
  style: 'Le style',
  quality: 'La qualité de l’image',
  aspect: 'Le format de l’image',
  duration: 'La durée de la vidéo en secondes',
  storyDuration: 'La durée du film en secondes',
  scenes: 'Le nombre de scènes de l’histoire',
  variants: 'Le nombre d’images au choix',
  frames: 'Le nombre d’images au choix avant la vidéo ; 1 crée la vidéo tout de suite',
  ref: 'Une image à suivre : ses personnages, ses objets et son style',
  toChange: 'L’image à modifier : PNG, JPEG ou WebP, 10 Mo et 4096 pixels de côté au plus',
  change: 'Ce qui doit changer ; le reste ne change pas',
  cut: 'Le passage d’une scène à l’autre : net (hard) ou par le noir (fade)',
  model: 'Le modèle, ou un alias comme fast ; plusieurs avec + entre eux',
  defaultModel: 'Les modèles, ou alias, quand personne n’en nomme ; « none » les retire tous',
  allow: 'Les seuls modèles permis aux membres, séparés par des virgules ; « none » les permet tous',
  resolution: 'La résolution de la vidéo',
  audio: 'Avec ou sans son',
  run: 'La création : les premiers caractères de son identifiant',
  yes: 'Arrêter sans demander, quel qu’en soit le coût',
  everyone: 'Les créations de tous, pas seulement les vôtres (pour les admins)',
  daily: 'Combien de créations un membre peut lancer en 24 heures ; 0 supprime la limite',
  mentions: 'Mentionner ou non la personne qui a demandé quand le résultat est là',
  blocked: 'Mots qu’aucun texte ne peut contenir, séparés par des virgules ; « none » les retire tous',
  reset: 'Revenir aux réglages d’origine',
  castAction: 'Que faire avec la distribution',
  castName: 'Le nom dans la distribution, sans le @',
  castBy: 'Qui peut ajouter à la distribution',
  command: 'La commande à expliquer',
  create: 'Créer un jeton avec les droits d’un membre ou d’un admin',
  label: 'À quoi sert le jeton',
  revoke: 'Le jeton à révoquer : les premiers caractères de son identifiant',
};

export const models = {
  title: 'Modèles',
  makes: { enhance: 'texte', image: 'image', video: 'vidéo' } as const,
  seconds: (shortest: number, longest: number) => (shortest === longest ? `${longest} s` : `${shortest}–${longest} s`),
  impossible: 'pas avec ces options',
  more: (count: number) => `${count} de plus : tapez une partie de leur nom après --model.`,
  choose: (names: readonly string[]) =>
    `Vous pouvez choisir un modèle avec --model, par exemple ${anyOf(names)}. help complete les donne avec leurs prix.`,
};

export const usage = {
  defaultValue: (value: string) => `d’habitude ${value}`,
  between: (min: number, max: number, defaultValue: number | null) =>
    `${min} à ${max}${defaultValue === null ? '' : `, d’habitude ${defaultValue}`}`,
  asModelsCan: (defaultValue: number | null) =>
    `selon le modèle${defaultValue === null ? '' : `, ${defaultValue} d’habitude`}`,
  on: 'oui',
  off: 'non',
};

const made: Record<Workflow, string> = {
  complete: 'une image et une vidéo',
  image: 'une image',
  video: 'une vidéo de votre image',
  story: 'une histoire en un film',
  extend: 'une vidéo prolongée',
  edit: 'une image modifiée',
};

export const help = {
  title: 'VidGenie',
  intro: 'Dites ce que vous aimeriez voir. VidGenie améliore les mots, peint une image et transforme l’image en vidéo.',
  prices: 'Ce que cela coûte ici',
  price: (workflow: Workflow, price: number) => `${credits(price)} pour ${made[workflow]}`,
  promise:
    'Vous ne payez que ce que vous recevez : le prix est réservé au départ, et ce qui n’arrive pas vous est rendu.',
  commands: 'Commandes',
  more: 'help <commande> donne ses options.',
  options: 'Options',
  noOptions: 'Elle ne prend pas d’option.',
};

export const creditsCard = {
  title: (balance: number) => `Il reste ${credits(balance)}`,
  balance: 'Solde',
  held: 'Réservés pour les créations en cours',
  usage: 'Utilisés depuis un jour, une semaine, un mois',
  latest: 'Dernières opérations',
  none: 'Rien pour l’instant.',
  kinds: {
    grant: 'accordés',
    hold: 'réservés',
    capture: 'payés',
    release: 'rendus',
    refund: 'remboursés',
    adjust: 'ajustés',
  },
  othersRun: 'la création d’un autre membre',
  run: (id: string) => `création ${id}`,
};

export const historyCard = {
  title: (runs: number) => (runs === 1 ? 'La dernière création' : `Les ${runs} dernières créations`),
  none: 'Aucune création pour l’instant',
  firstStep: 'Essayez : complete un renard dans la neige',
  expired: 'plus conservée',
};

const checks = {
  unchecked: 'pas encore essayée',
  valid: 'fonctionne',
  invalid: 'a été refusée',
  no_permission: 'ne peut pas tout faire',
  out_of_quota: 'n’a plus de crédit',
  unreachable: 'n’a pas pu être essayée',
} as const;

export const keys = {
  title: 'Clés de cet espace',
  intro: 'Les étapes utilisent vos clés au lieu de celles de l’hébergeur. Un champ vide ne change rien.',
  status: checks,
  field: (vendor: Vendor) => `Clé ${vendorName(vendor)}`,
  stored: (lastFour: string, status: string) => `…${lastFour}, ${status}`,
  none: 'aucune',
  remove: 'Supprimer',
  unchanged: 'Rien n’a été changé',
  changed: 'Enregistré',
  notChanged: 'Tout n’a pas été enregistré',
  how: 'Une clé se tape dans un formulaire privé, jamais dans une commande : vidgenie keys set openai',
  change: (it: KeyChange): string => {
    const vendor = vendorName(it.vendor);
    switch (it.outcome) {
      case 'saved':
        return {
          valid: `La clé ${vendor} …${it.lastFour} fonctionne et sert dès la prochaine création.`,
          no_permission: `La clé ${vendor} …${it.lastFour} est enregistrée, mais elle ne peut pas lister les modèles : donnez-lui ce droit.`,
          out_of_quota: `La clé ${vendor} …${it.lastFour} est enregistrée, mais son compte est vide : rechargez-le.`,
          invalid: '',
          unreachable: '',
        }[it.check];
      case 'kept':
        return it.check === 'unreachable'
          ? `${vendor} est injoignable : la clé n’a pas pu être essayée ni enregistrée. Réessayez dans une minute.`
          : `${vendor} ne connaît pas cette clé, elle n’est pas enregistrée. Copiez-la de nouveau depuis votre compte.`;
      case 'malformed':
        return `Ce n’est pas une clé ${vendor} : elle contient des blancs, ou sa longueur est inhabituelle.`;
      case 'bot_removed':
        return `La clé ${vendor} n’est pas enregistrée : VidGenie vient d’être retiré d’ici, ou ses données supprimées. Si vous voulez le garder, enregistrez-la de nouveau.`;
      case 'removed':
        return `La clé ${vendor} est supprimée.`;
      case 'nothing_there':
        return `Il n’y avait pas de clé ${vendor}.`;
    }
  },
};

export const settings = {
  title: 'Réglages de cet espace',
  intro: 'Ce que fait une commande quand on ne précise rien, et ce que les membres peuvent faire.',
  saved: 'Enregistré',
  defaultValue: (value: string) => `Sans préférence (${value})`,
  fields: {
    style: 'Style',
    quality: 'Qualité de l’image',
    aspect: 'Format de l’image',
    duration: 'Durée de la vidéo',
    video: 'Résolution et son',
  },
  pages: {
    defaults: 'Par défaut',
    limits: 'Limites',
    video: 'Avant la vidéo',
    models: 'Modèles',
    words: 'Mots bloqués',
  },
  channels: 'Salons des créations',
  channelsHint: 'On ne peut créer que dans ces salons. Aucun choisi : partout.',
  everywhere: 'partout',
  daily: 'Créations par membre en 24 heures',
  dailyHint: 'Un nombre entier jusqu’à 1000. Vide ou 0 : autant que les crédits le permettent.',
  unlimited: 'autant que les crédits le permettent',
  spoilers: 'Résultats masqués',
  spoilersOn: 'Masquer images et vidéos jusqu’à ce qu’on clique dessus',
  mentions: 'Mentionner qui a demandé',
  mentionsOn: 'Une fois, quand le résultat est là',
  castBy: 'Qui peut ajouter à la distribution',
  castByWhom: { members: 'Tous les membres', admins: 'Seulement les admins' },
  model: 'Modèles sans préférence',
  modelHint: 'Des modèles ou des alias avec + entre eux. Vide : VidGenie choisit.',
  modelChosen: 'VidGenie choisit',
  allow: 'Modèles permis aux membres',
  allowHint: 'Un par ligne. Vide : tous. Seules les étapes que font ces modèles sont limitées.',
  allAllowed: 'tous',
  frames: 'Avant la vidéo',
  framesShown: (images: number) =>
    images === 1 ? 'Créer la vidéo tout de suite' : `Montrer d’abord ${images} images au choix`,
  results: 'Modération des résultats',
  resultsShown: {
    off: 'Désactivée',
    spoiler: 'Masquer ce que la modération signale, jusqu’à ce qu’on l’ouvre',
    withhold: 'Retenir et rembourser ce que la modération signale',
  },
  blockedHint: 'Aucune demande ne peut les contenir. Un par ligne, ou séparés par des virgules.',
  seconds: (amount: number) => `${amount} s`,
  resolution: (resolution: string, audio: boolean) => `${resolution} ${audio ? 'avec son' : 'sans son'}`,
  blocked: 'Mots bloqués',
  noneBlocked: 'aucun',
  how: 'Pour en changer un, par exemple : settings --duration 5, ou pour tout annuler : settings --reset',
};
