import type { Aspect, Change, Cut, Quality, Resolution, RunState, StepKind, Style, Workflow } from '../../../domain.ts';
import type { Action } from '../../card.ts';
import { credits as creditsOf, guess, took as tookMs } from './measures.ts';

export const about = 'Dites ce que vous aimeriez voir, et regardez-le devenir une image et une vidéo.';
export const navigation = 'Principale';
export const skip = 'Aller au contenu';
export const views = { make: 'Créer', gallery: 'Galerie', cast: 'Distribution', credits: 'Crédits', admin: 'Admin' };
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
  change: 'Que faut-il changer ?',
  changeHint: 'De nuit, sous la pleine lune',
  ideas: 'Idées',
  examples: [
    'Un renard dans la neige, au petit matin',
    'Un phare dans la tempête, les vagues se brisent sur les rochers',
    'Un bateau de papier qui descend une rue sous la pluie',
  ],
  storyHint: 'Racontez ce qui se passe',
  storyExamples: [
    'Un renard traverse un lac gelé et retrouve son petit',
    'Un bateau de papier descend de la rue jusqu’à la mer',
    'Une gardienne allume son phare dans la tempête',
  ],
};
export const workflows: Record<Workflow, string> = {
  complete: 'Image et vidéo',
  image: 'Image',
  video: 'Vidéo de votre image',
  story: 'Histoire',
  extend: 'Vidéo prolongée',
  edit: 'Modifier une image',
};
export const image = {
  choose: 'Choisissez une image',
  orDrop: 'ou déposez-la, ou collez-la ici',
  yours: 'Votre image',
  remove: 'Retirer l’image',
  reference: 'Image de référence',
  addReference: 'Ajouter une image de référence',
  removeReference: 'Retirer l’image de référence',
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
  frames: 'Choisir d’abord une image',
  variants: 'Images',
  scenes: 'Scènes',
  cut: 'Passage',
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
export const cuts: Record<Cut, string> = { hard: 'Net', fade: 'Fondu' };
/** How many images to choose from before there is a video. */
export const framesOf = (count: number): string => (count === 1 ? 'Vidéo directe' : String(count));
export const changes: Record<Change, string> = {
  picture: 'Image modifiée',
  film: 'Modifiée et animée',
  ending: 'Autre fin',
  vary: 'Autres versions',
  better: 'Haute qualité',
};
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
export const stepNames: Record<StepKind, string> = { enhance: 'Texte', image: 'Image', video: 'Vidéo', join: 'Film' };
export const nodes = { prompt: 'Vos mots', enhance: 'Texte amélioré', image: 'Image', video: 'Vidéo', join: 'Film' };
/** Names of steps of which a run has several. */
export const shotList = 'Liste des plans';
export const sceneOf = (scene: number): string => `Scène ${scene}`;
export const imageOf = (variant: number): string => `Image ${variant}`;
export const firstFrame = 'Première image';
export const lastFrame = 'Nouvelle dernière image';
export const clip = 'Plan';
export const clipOf = (number: number): string => `Plan ${number}`;
export const clips = 'Plans du film';
export const filmSoFar = 'Le film actuel';
export const longerBy = (amount: number): string => `${amount} s de plus`;
export const reference = 'L’image de la scène 1 montre à quoi les autres doivent ressembler';
export const looking = 'Regarde';
export const imagesOf = (count: number): string => `${count} images`;
export const scenesOf = (count: number): string => `${count} scènes`;
export const fades = 'Fondus';
export const several = (percent: number, ms: number): string =>
  ms <= 0 ? `En cours · ${percent} %` : `En cours · ${percent} %, encore environ ${guess(ms)}`;
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
export const pictureOf = (prompt: string, variant: number | null): string =>
  `${variant === null ? 'Image' : imageOf(variant)} : ${prompt || unspoken}`;
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
  extend: 'Prolonger',
  continue: 'Continuer',
  reanimate: 'Animer autrement',
  lastFrame: 'Depuis la dernière image',
  vary: 'Varier',
  better: 'Meilleure qualité',
  change: 'Modifier',
  ending: 'Autre fin',
  remix: 'Remixer',
  show: 'Revenir à cette version',
};
export const moreActions = 'Plus';
/** The label of *Again*, on a run whose images a member chooses from. */
export const newFrames = (price: number | null): string =>
  price === null ? 'Nouvelles images' : priced('Nouvelles images', price);
/** `categories` are moderation's. */
export const flagged = (categories: string): string =>
  categories === '' ? 'Masqué par la modération. Afficher' : `Masqué par la modération (${categories}). Afficher`;
export { extendBy } from './measures.ts';
export const download = 'Télécharger';
export const openImage = 'L’ouvrir en entier';
export const downloadImage = 'Télécharger l’image';
export const downloadVideo = 'Télécharger la vidéo';
export const copyThread = 'Copier le lien du fil';
export const copied = 'Le lien est copié.';
export const priced = (label: string, price: number): string => `${label} · ${creditsOf(price)}`;
