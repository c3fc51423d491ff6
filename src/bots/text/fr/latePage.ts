import type { CastKind, ProvidedKind, TransactionKind } from '../../../domain.ts';
import type { AskingAction } from '../../card.ts';
import { credits as creditsOf } from './measures.ts';
import { moment } from './page.ts';

/** The texts of the views that the page loads when somebody opens them. */

export const keys = {
  title: 'Clés',
  intro:
    'Avec une clé à vous, les étapes se font sur votre compte là-bas. Une clé est essayée sans frais, chiffrée, et jamais montrée à nouveau.',
  none: 'Pas encore de clé',
  field: (vendor: string): string => `Clé ${vendor}`,
  addHint: 'Collez la clé',
  replaceHint: 'Collez une autre clé',
  add: 'Enregistrer',
  replace: 'Remplacer',
  trying: 'Essai en cours…',
  remove: 'Retirer',
  removeTitle: (vendor: string): string => `Retirer la clé ${vendor} ?`,
  removeText:
    'Elle est supprimée d’ici aussitôt. Les créations en cours qui en ont besoin échouent, et ce qu’elles retenaient revient.',
  checked: (at: string): string => `essayée le ${moment(at)}`,
};

export const settings = {
  title: 'Réglages par défaut',
  intro: 'Ce par quoi une création commence quand personne ne choisit.',
  noWish: 'Sans préférence',
  blocked: 'Mots interdits',
  blockedHint: 'Un par ligne, ou séparés par des virgules',
  results: 'Modération des résultats',
  resultsShown: {
    off: 'Désactivée',
    spoiler: 'Masquer ce qu’elle signale, jusqu’à ce qu’on l’ouvre',
    withhold: 'Retenir et rembourser ce qu’elle signale',
  },
  daily: 'Créations par membre en 24 heures',
  dailyHint: 'Sans limite',
  channels: 'Salons où l’on peut créer (leurs identifiants)',
  channelsHint: 'Aucun : partout',
  spoilers: 'Masquer les résultats jusqu’à ce qu’on clique dessus',
  mentions: 'Mentionner la personne qui a demandé quand le résultat est là',
  save: 'Enregistrer',
  saved: 'Enregistré',
  castBy: 'Qui peut ajouter à la distribution',
  castByWhom: { members: 'Tous les membres', admins: 'Seulement les admins' },
  model: { enhance: 'Modèle des textes', image: 'Modèle des images', video: 'Modèle des vidéos' } satisfies Record<
    ProvidedKind,
    string
  >,
  shortcut: (name: string, models: readonly string[]): string => `${name} (${models.join(', ')})`,
  allowed: (count: number): string => `Modèles permis aux membres : ${count === 0 ? 'tous' : count}`,
  allowedHint: 'Rien de coché : tous. Une coche ne restreint que les modèles du même genre.',
  notHere: 'Absents en ce moment',
};

export const grant = {
  title: 'Crédits',
  intro: (balance: number): string =>
    `Il reste ${creditsOf(balance)}. Cette installation est à vous : ajoutez-en autant que vous voulez.`,
  amount: 'Combien',
  give: 'Ajouter des crédits',
};

export const tokens = {
  title: 'Jetons pour les programmes',
  intro: 'Un programme qui en envoie un peut utiliser cet espace par HTTP. Ce qu’il peut demander :',
  label: 'À quoi il sert',
  labelHint: 'Un script, un site…',
  scope: 'Droits',
  scopes: { member: 'Membre', admin: 'Admin', operator: 'Hébergeur' },
  make: 'Créer un jeton',
  unused: 'jamais utilisé',
  used: (at: string): string => `utilisé le ${moment(at)}`,
  revoke: 'Révoquer',
  revokeTitle: (label: string): string => `Révoquer « ${label} » ?`,
  revokeText: 'Les programmes qui l’utilisent sont refusés à partir de maintenant.',
  madeTitle: 'Votre nouveau jeton',
  once: 'Copiez-le maintenant : il n’est montré qu’une fois, et seule son empreinte est gardée.',
  copy: 'Copier',
  copied: 'Copié',
};

export const ledger = {
  balance: 'Solde',
  held: 'Retenus',
  today: 'Utilisés en 24 heures',
  month: 'Utilisés en 30 jours',
  byDay: (days: number): string => `Utilisés ces ${days} derniers jours`,
  byMember: 'Par membre',
  transactions: 'Mouvements',
  when: 'Quand',
  what: 'Quoi',
  amount: 'Crédits',
  kinds: {
    grant: 'Accordé',
    hold: 'Retenu',
    capture: 'Payé',
    release: 'Libéré',
    refund: 'Remboursé',
    adjust: 'Ajusté',
  } satisfies Record<TransactionKind, string>,
};

export const cast = {
  intro: 'Le même visage dans chaque image : écrivez @nom dans vos mots, et les images suivent ces modèles.',
  empty: 'La distribution est encore vide.',
  count: (entries: number, max: number): string => `${entries} sur ${max}`,
  add: 'Ajouter à la distribution',
  name: 'Nom',
  nameHint: 'renard',
  kind: 'Ce que c’est',
  kinds: { character: 'Personnage', product: 'Produit', style: 'Style', place: 'Lieu' } satisfies Record<
    CastKind,
    string
  >,
  pictures: (max: number): string => `Jusqu’à ${max} images`,
  picture: (number: number): string => `Image ${number}`,
  pictureOf: (name: string, number: number): string => `@${name}, image ${number}`,
  removePicture: (number: number): string => `Retirer l’image ${number}`,
  description: 'Description',
  descriptionHint: 'Son apparence, en quelques mots',
  mayUse: 'J’ai le droit d’utiliser cette image',
  addedBy: (name: string): string => `ajouté par ${name}`,
  remove: 'Retirer',
  removeTitle: (name: string): string => `Retirer @${name} ?`,
  removeText: 'Ses images sont effacées. Ce qui a été créé avec elles reste.',
};

/** The forms behind the buttons that ask for words. */
export const asking: Record<AskingAction, { title: string; label: string; hint: string }> = {
  edit: { title: 'Modifier le texte', label: 'Vos mots', hint: '' },
  change: { title: 'Modifier l’image', label: 'Que faut-il changer ?', hint: 'De nuit, sous la pleine lune' },
  reanimate: {
    title: 'Animer autrement',
    label: 'Que doit-il se passer ?',
    hint: 'Lentement plus près, la neige tombe',
  },
  lastFrame: {
    title: 'Continuer depuis la dernière image',
    label: 'Que se passe-t-il ensuite ?',
    hint: 'Le renard s’éloigne',
  },
  ending: { title: 'Autre fin', label: 'À quoi la fin doit-elle ressembler ?', hint: 'Le renard dort' },
  remix: { title: 'Remixer', label: 'Que voulez-vous voir, dans l’esprit de cette image ?', hint: '' },
};

export const board = {
  hint: (count: number): string => `Touches 1 à ${count} pour choisir`,
  /** The name of a button on one of several images. It begins with the words on the button. */
  ofImage: (label: string, image: number): string => `${label}, image ${image}`,
};

export const versions = {
  title: 'Versions',
  current: (number: number): string => `Version ${number}`,
  goTo: (number: number, isOlder: boolean): string => `${isOlder ? 'Revenir' : 'Aller'} à la version ${number}`,
};

export const extension = {
  title: 'Prolonger le film',
  by: 'De combien',
  other: 'Prolonger d’une autre durée',
  unpriced: 'Le prix s’affiche avant que quoi que ce soit ne soit débité.',
};

export const byHand = {
  title: 'Copier le lien d’ici',
  text: 'Le navigateur n’a pas laissé la page le copier. Le lien est sélectionné : copiez-le comme tout autre texte.',
};

export const stop = { confirm: 'Arrêter', keep: 'Continuer' };

export const remove = {
  title: 'Supprimer cette création ?',
  text: 'L’image et la vidéo disparaissent pour de bon. Ce qu’elles ont coûté reste dans les comptes.',
};

export const gallery = {
  search: 'Chercher dans les textes',
  kind: 'Genre',
  all: 'Tout',
  images: 'Images',
  videos: 'Vidéos',
  member: 'Fait pour',
  everybody: 'Tout le monde',
  empty: 'Rien n’a encore été créé ici.',
  none: 'Rien de tel n’a été trouvé.',
};

export const models = {
  one: 'Modèle',
  replaced: (model: string, before: string): string => `Fait par ${model} au lieu de ${before}.`,
  field: 'Modèles',
  title: 'Choisir les modèles',
  search: 'Chercher un modèle',
  done: 'Terminé',
  kinds: { enhance: 'Texte', image: 'Image', video: 'Vidéo' } satisfies Record<ProvidedKind, string>,
  aliases: 'Raccourcis',
  automatic: 'Automatique',
  automaticNow: (title: string): string => `en ce moment ${title}`,
  found: (count: number): string => (count < 2 ? `${count} modèle` : `${count} modèles`),
  none: 'Aucun modèle ne s’appelle ainsi.',
  between: (shortest: number, longest: number): string =>
    shortest === longest ? `${longest} s` : `${shortest} à ${longest} s`,
  upTo: (seconds: number): string => `jusqu’à ${seconds} s en plusieurs parties`,
  follows: (pictures: number): string => (pictures === 1 ? 'suit 1 image' : `suit ${pictures} images`),
  looks: 'regarde les images',
  lastFrame: 'première et dernière image',
  makesNo: (things: readonly string[]): string => `Ne sait pas faire : ${things.join(', ')}.`,
  followsNone: 'Ne suit aucune image.',
  unable: 'Ne sait pas faire ces options.',
  notAllowed: 'Vos admins ne permettent que d’autres modèles.',
  instead: (now: string, before: string): string => `${now} au lieu de ${before}`,
  changed: (title: string, changes: readonly string[]): string => `${title} : ${changes.join(', ')}.`,
  gone: (id: string): string => `${id} n’est pas disponible ici en ce moment.`,
};
