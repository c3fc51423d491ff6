import type { Workflow } from '../../../db/vocabulary.ts';
import { credits } from './measures.ts';

export const describe = {
  complete: 'Créer une image et une vidéo à partir de quelques mots',
  image: 'Créer une image à partir de quelques mots',
  video: 'Donner vie à une de vos images',
  status: 'Voir où en est une création',
  cancel: 'Arrêter une création ; ce qui n’est pas encore parti ne coûte rien',
  history: 'Retrouver les créations passées et leurs résultats',
  credits: 'Voir le solde, les dernières opérations et la consommation',
  settings: 'Choisir ce que fait une commande quand on ne précise rien',
  help: 'Voir ce que fait VidGenie et ce que cela coûte',
};

export const options = {
  prompt: 'Ce que vous aimeriez voir',
  motion: 'Ce qui doit se passer dans la vidéo',
  image: 'L’image à animer : PNG, JPEG ou WebP, 10 Mo et 4096 pixels de côté au plus',
  style: 'Le style',
  quality: 'La qualité de l’image',
  aspect: 'Le format de l’image',
  duration: 'La durée de la vidéo en secondes',
  resolution: 'La résolution de la vidéo',
  audio: 'Avec ou sans son',
  run: 'La création : les premiers caractères de son identifiant',
  everyone: 'Les créations de tous, pas seulement les vôtres (pour les admins)',
  reset: 'Revenir aux réglages d’origine',
  command: 'La commande à expliquer',
};

export const usage = {
  usual: (value: string) => `d’habitude ${value}`,
  between: (least: number, most: number, usual: number | null) =>
    `${least} à ${most}${usual === null ? '' : `, d’habitude ${usual}`}`,
  on: 'oui',
  off: 'non',
  adminsOnly: 'pour les admins',
};

const made: Record<Workflow, string> = {
  complete: 'une image et une vidéo',
  image: 'une image',
  video: 'une vidéo de votre image',
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
  run: (id: string) => `création ${id}`,
};

export const historyCard = {
  title: (runs: number) => (runs === 1 ? 'La dernière création' : `Les ${runs} dernières créations`),
  none: 'Aucune création pour l’instant',
  firstStep: 'Essayez : complete un renard dans la neige',
};

export const settings = {
  title: 'Réglages de cet espace',
  intro: 'Ce que fait une commande quand on ne précise rien.',
  saved: 'Enregistré',
  usual: (value: string) => `Sans préférence (${value})`,
  fields: {
    style: 'Style',
    quality: 'Qualité de l’image',
    aspect: 'Format de l’image',
    duration: 'Durée de la vidéo',
    video: 'Résolution et son',
  },
  seconds: (amount: number) => `${amount} s`,
  resolution: (resolution: string, audio: boolean) => `${resolution} ${audio ? 'avec son' : 'sans son'}`,
  how: 'Pour en changer un, par exemple : settings --duration 5, ou pour tout annuler : settings --reset',
};
