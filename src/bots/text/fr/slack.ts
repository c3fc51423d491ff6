import { credits } from './measures.ts';

/** Texts that only Slack needs. */
export const runId = (id: string): string => `Création ${id}`;
export const planTitle = (title: string, percent: number): string => `${title}, ${percent} %`;

export const accepted = {
  title: 'C’est parti',
  thread: 'Le fil montre ici chaque étape, puis le résultat.',
  repeated: 'C’était déjà demandé ; le résultat se trouve dans son propre fil.',
};

/** The menu at the end of a row of buttons. */
export const menu = 'Plus …';
export const thinking = 'Un instant …';
export const here = 'VidGenie peut publier dans cette conversation.';
export const fault = {
  title: 'Cela n’a pas marché',
  text: 'Un imprévu est survenu en chemin. Ce qui n’a pas commencé n’est pas facturé ; réessayez dans une minute.',
};
export const unreadable = {
  title: 'VidGenie ne peut pas lire les fichiers ici',
  text: 'L’application a été installée sans la permission files:read. Un administrateur peut la réinstaller. Rien n’a été facturé.',
};
export const notInstalled = {
  title: 'VidGenie doit être réinstallé',
  text: (address: string) =>
    `Cet espace de travail n’a plus d’installation valable. Un administrateur peut réinstaller l’application${address === '' ? '' : ` : ${address}`}. Rien n’a été facturé.`,
};

export const invite = {
  title: 'VidGenie n’est pas dans cette conversation',
  text: 'Tapez /invite @VidGenie ici, ou demandez dans un canal public, puis réessayez. Rien n’a été facturé.',
};
export const archived = {
  title: 'Ce canal est archivé',
  text: 'Plus personne ne peut y écrire. Demandez dans un autre canal ; rien n’a été facturé.',
};

export const upload = {
  direct: (reason: string) =>
    `Slack n’a pas accepté les fichiers ici (${reason}) : ils vous ont été envoyés en message direct.`,
  link: (reason: string) => `Slack n’a pas accepté les fichiers (${reason}). Ils se trouvent ici :`,
  until: (label: string, moment: string) => `${label} (jusqu’au ${moment})`,
  kept: (reason: string) =>
    `Slack n’a pas accepté les fichiers (${reason}). Ils sont conservés : l’opérateur les trouve dans ses médias sous l’identifiant de la création.`,
  flagged:
    'La modération a signalé une partie du résultat. Slack la montrerait à tout le monde : voici donc seulement un lien.',
  flaggedDirect:
    'La modération a signalé une partie du résultat. Slack la montrerait à tout le monde : elle vous a été envoyée en message direct.',
  forYou: (prompt: string) => `Les fichiers de votre création : ${prompt}`,
};

export const create = {
  title: 'Créer avec VidGenie',
  titleOn: { video: 'Animer cette image', edit: 'Modifier cette image' },
  submit: 'Créer',
  close: 'Fermer',
  workflow: 'Que faut-il créer ?',
  image: 'Image (à animer, à modifier ou à suivre)',
  imageHint: 'PNG, JPEG ou WebP, jusqu’à 10 Mo et 4096 pixels de côté.',
  channel: 'Où le montrer',
  defaultValue: 'Comme d’habitude ici',
  between: (min: number, max: number, defaultValue: number | null) =>
    `de ${min} à ${max}${defaultValue === null ? '' : `, d’habitude ${defaultValue}`}`,
  on: 'Oui',
  off: 'Non',
  optional: 'Ce que vous laissez tel quel suit les habitudes de cet espace de travail.',
  dearer: (price: number) => `Votre choix coûte ${credits(price)}. Rien n’a encore été facturé.`,
  slow: 'VidGenie est occupé en ce moment. Rien n’a été facturé ; réessayez dans un instant.',
  noImage: {
    title: 'Ce message ne contient pas d’image',
    text: 'Choisissez un message avec un fichier PNG, JPEG ou WebP. Rien n’a été facturé.',
  },
};

export const form = { save: 'Enregistrer', close: 'Fermer' };

export const noForm = {
  title: 'Il faut un formulaire',
  text: (command: string) =>
    `Les formulaires s’ouvrent par une commande ou depuis l’accueil de VidGenie : /vidgenie ${command}`,
};

export const home = {
  title: 'VidGenie',
  create: 'Créer une vidéo',
  credits: 'Crédits',
  runs: 'Dernières créations',
  noRuns: 'Aucune création pour le moment. Essayez : /vidgenie complete un renard dans la neige',
  open: 'Ouvrir le fil',
  admin: 'Pour les administrateurs',
  keys: 'Clés des fournisseurs',
  settings: 'Réglages',
};

export const installed = {
  title: 'VidGenie est installé',
  text: 'Tapez /vidgenie dans n’importe quel canal pour commencer.',
  failedTitle: 'VidGenie n’a pas été installé',
  failed:
    'Slack n’a pas confirmé l’installation, ou la page est restée ouverte trop longtemps. Recommencez depuis la page d’installation.',
};
