import type {
  Aspect,
  Quality,
  Resolution,
  RunState,
  StepKind,
  Style,
  TransactionKind,
  Workflow,
} from '../../../domain.ts';
import type { Action } from '../../card.ts';
import { credits as creditsOf, guess, took as tookMs } from './measures.ts';

export const about = 'Dites ce que vous aimeriez voir, et regardez-le devenir une image et une vidéo.';
export const navigation = 'Principale';
export const skip = 'Aller au contenu';
export const views = { make: 'Créer', gallery: 'Galerie', credits: 'Crédits', admin: 'Admin' };
export const reconnecting = 'Reconnexion…';
export const signOut = 'Se déconnecter';
export const close = 'Fermer';
export const retry = 'Réessayer';
export const more = 'Voir la suite';
export const theme = (now: string): string => `Couleurs : ${now}`;
export const themes = { both: 'celles du système', light: 'claires', dark: 'sombres' };
export const on = 'Oui';
export const off = 'Non';
export const away = {
  title: 'VidGenie ne répond pas',
  detail: 'Il redémarre peut-être, ou votre connexion est coupée. Réessayez dans un instant.',
  again: 'Il redémarre peut-être. La page reprend d’elle-même dès son retour.',
};

export const signedOut = {
  title: 'Entrez par votre messagerie',
  type: 'Dans Discord ou Slack, tapez',
  afterwards: 'Vous recevez un lien privé qui ouvre cette page. Il sert une fois, pendant dix minutes.',
};

export const composer = {
  title: 'Que voulez-vous voir ?',
  workflow: 'Que faire',
  prompt: 'Vos mots',
  hint: 'Décrivez-le en quelques mots',
  motion: 'Ce qui doit s’y passer (si vous voulez)',
  motionHint: 'Lentement plus près, la neige tombe',
  ideas: 'Idées',
  examples: [
    'Un renard dans la neige, au petit matin',
    'Un phare dans la tempête, les vagues se brisent sur les rochers',
    'Un bateau de papier qui descend une rue sous la pluie',
  ],
};
export const workflows: Record<Workflow, string> = {
  complete: 'Image et vidéo',
  image: 'Image',
  video: 'Vidéo de votre image',
};
export const image = {
  choose: 'Choisissez une image',
  orDrop: 'ou déposez-la, ou collez-la ici',
  yours: 'Votre image',
  remove: 'Retirer l’image',
  not_an_image: 'VidGenie ne sait pas lire cette image : prenez un PNG, JPEG ou WebP.',
  too_heavy: 'Cette image est trop lourde : 10 Mo au plus.',
  too_large: 'Cette image est trop grande : 4096 pixels de côté au plus.',
};
export const options = {
  all: 'Options',
  style: 'Style',
  quality: 'Qualité',
  aspect: 'Format',
  duration: 'Durée',
  resolution: 'Résolution',
  audio: 'Son',
};
export const styles: Record<Style, string> = {
  vivid: 'Éclatant',
  natural: 'Naturel',
  cinematic: 'Cinéma',
  anime: 'Anime',
  photo: 'Photo',
  watercolor: 'Aquarelle',
};
export const qualities: Record<Quality, string> = { standard: 'Standard', hd: 'HD' };
export const aspects: Record<Aspect, string> = { wide: 'Paysage', tall: 'Portrait', square: 'Carré' };
export const resolutions: Record<Resolution, string> = { '720p': '720p', '1080p': '1080p', '4k': '4K' };
export const sound = (audio: boolean): string => (audio ? 'Avec son' : 'Sans son');
export const cannot = (what: string, maker: string): string => `${maker} ne propose pas : ${what}.`;
export const unavailable = 'Personne n’a encore apporté de clé pour cela. Un admin le peut, à la page Admin.';
export const needsWords = 'D’abord, quelques mots.';
export const needsImage = 'D’abord, une image.';
export const charactersLeft = (left: number): string => `reste ${left} caractères`;
export const make = 'Créer';
export const makeIt = (price: number): string => `Créer · ${creditsOf(price)}`;
export const leftAfter = (left: number): string => `il en restera ${number(left)}`;

export const number = (amount: number): string => amount.toLocaleString('fr');
export const credits = creditsOf;
export const creditsLeft = (balance: number): string => (Math.abs(balance) < 2 ? 'crédit' : 'crédits');
export const seconds = (amount: number): string => `${amount} s`;
export const percent = (amount: number): string => `${amount} %`;
export const took = tookMs;
export const moment = (at: string): string =>
  new Date(at).toLocaleString('fr', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const day = (at: string): string =>
  new Date(`${at}T00:00:00Z`).toLocaleDateString('fr', { day: 'numeric', month: 'short', timeZone: 'UTC' });
export function ago(at: string): string {
  const minutes = Math.floor((Date.now() - Date.parse(at)) / 60_000);
  if (minutes < 1) return 'à l’instant';
  if (minutes < 60) return `il y a ${minutes} min`;
  return minutes < 24 * 60 ? `il y a ${Math.floor(minutes / 60)} h` : moment(at);
}

export const latest = 'Dernières créations';
export const seeAll = 'Tout voir';
export const unspoken = 'Une image qui prend vie';
export const states: Record<RunState, string> = {
  queued: 'En attente',
  running: 'En cours',
  succeeded: 'Terminé',
  failed: 'Échoué',
  canceled: 'Annulé',
};
export const stepNames: Record<StepKind, string> = { enhance: 'Texte', image: 'Image', video: 'Vidéo' };
export const nodes = { prompt: 'Vos mots', enhance: 'Texte amélioré', image: 'Image', video: 'Vidéo' };
export const stepStates = {
  waiting: 'En attente',
  working: 'En cours',
  done: 'Terminé',
  failed: 'Échoué',
  skipped: 'Pas commencé',
};
export const steps = 'Étapes';
export const standing = 'Où en est-on';
export const progress = 'Avancement';
export const fold = 'Voir moins';
export const unfold = 'Voir tout';
export const motion = 'Mouvement';
export const ownWords = 'Vos propres mots ont servi.';
export const deleted = 'Supprimé';
export const pictureOf = (prompt: string): string => `Image : ${prompt || unspoken}`;
export const videoOf = (prompt: string): string => `Vidéo : ${prompt || unspoken}`;
export const time = 'Temps';
export const price = 'Prix';
export const by = 'Fait par';
export const ownKey = 'votre clé';
export const restOf = (ms: number): string => (ms <= 0 ? '' : `environ ${guess(ms)}`);
export const remaining = (ms: number): string => (ms <= 0 ? '' : `encore ${guess(ms)} environ`);
export const stopping = 'arrêt en cours';
export const held = (price: number): string => `${creditsOf(price)} ${price < 2 ? 'retenu' : 'retenus'}`;
export const paid = (captured: number, released: number): string => {
  const said = `${creditsOf(captured)} ${captured < 2 ? 'payé' : 'payés'}`;
  return released === 0 ? said : `${said}, ${number(released)} ${released < 2 ? 'rendu' : 'rendus'}`;
};

export const actions: Record<Action, string> = {
  cancel: 'Annuler',
  again: 'Encore',
  edit: 'Modifier le texte',
  animate: 'Animer',
  delete: 'Supprimer',
};
export const download = 'Télécharger';
export const openImage = 'L’ouvrir en entier';
export const downloadImage = 'Télécharger l’image';
export const downloadVideo = 'Télécharger la vidéo';
export const copyThread = 'Copier le lien du fil';
export const copied = 'Le lien est copié.';
export const byHand = {
  title: 'Copier le lien d’ici',
  text: 'Le navigateur n’a pas laissé la page le copier. Le lien est sélectionné : copiez-le comme tout autre texte.',
};
export const priced = (label: string, price: number): string => `${label} · ${creditsOf(price)}`;
export const edit = { title: 'Modifier le texte' };
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
  daily: 'Créations par membre en 24 heures',
  dailyHint: 'Sans limite',
  channels: 'Salons où l’on peut créer (leurs identifiants)',
  channelsHint: 'Aucun : partout',
  spoilers: 'Masquer les résultats jusqu’à ce qu’on clique dessus',
  mentions: 'Mentionner la personne qui a demandé quand le résultat est là',
  save: 'Enregistrer',
  saved: 'Enregistré',
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
