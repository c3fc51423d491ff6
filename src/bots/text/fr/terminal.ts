import { anyOf, credits } from './measures.ts';

/** The texts of the terminal itself. */
export const welcome = {
  title: 'VidGenie',
  balance: (balance: number) => `${credits(balance)} dans l’espace de ce terminal.`,
  how: 'Tapez une commande, par exemple : complete un renard dans la neige · Tab complète · help explique · exit quitte',
};

export const workspaceName = 'Ce terminal';

export const from = (platform: string): string => `VidGenie · ${platform}`;

export const demoPrompt = 'un renard dans la neige';
export const demoGrant = 'pour la démo';
export const demoGranted = (amount: number): string =>
  `Il manquait ${credits(amount)} à l’espace de ce terminal pour la démo : accordés.`;
export const cannotOpen = (opener: string): string =>
  `Rien n’a pu être ouvert ici (${opener} n’y est pas parvenu). Les fichiers sont à l’endroit indiqué ci-dessus.`;

export const leaving = 'Au revoir.';
export const unfinished = (runs: number): string =>
  runs === 1
    ? 'Une création n’est pas finie : elle reprendra au prochain démarrage de VidGenie.'
    : `${runs} créations ne sont pas finies : elles reprendront au prochain démarrage de VidGenie.`;

export const resuming = (ids: readonly string[]): string =>
  ids.length === 1
    ? `Une création commencée plus tôt continue : ${ids.join(', ')}.`
    : `${ids.length} créations commencées plus tôt continuent : ${ids.join(', ')}.`;

export const waitingFor = (ids: readonly string[]): string =>
  `Avant de quitter, on attend ${ids.length === 1 ? 'une création commencée' : `${ids.length} créations commencées`} plus tôt (${ids.join(', ')}).`;

export const away = 'La base de données est injoignable ; on continue dès son retour.';

export const more = (runs: number): string =>
  `… et encore ${runs} ${runs === 1 ? 'création' : 'créations'} (voir status)`;

export const addYes = (id: string): string =>
  `Personne ne peut répondre ici. Pour l’arrêter quand même : cancel ${id} --yes`;

export const deleteFor = (id: string, prompt: string): string =>
  `Supprimer pour de bon les fichiers de la création ${id} (${prompt}) ?`;
export const notDeleted = 'Rien n’a été supprimé.';
export const addYesToDelete = (id: string): string =>
  `Personne ne peut répondre ici. Pour la supprimer quand même : delete ${id} --yes`;

export const left = (id: string, held: number, stopping: string): string =>
  `La création ${id} n’est pas finie : elle reprendra au prochain démarrage de VidGenie et retient ${credits(held)} jusque-là. ${stopping} Pour l’arrêter : vidgenie cancel ${id}`;

export const imagePath = (number: number, max: number) =>
  `le chemin de l’image ${number} sur ${max} ; vide : pas d’autre`;
export const notSaved = 'Rien n’a été changé.';
export const fault = 'Un imprévu est arrivé. Réessayez ; avec LOG_LEVEL=debug, le journal en dit plus.';

export const actions = {
  run: 'La création : les premiers caractères de son identifiant ; sans lui, le dernier résultat',
  words: 'Le numéro d’une image s’il y en a plusieurs, puis ce que vous souhaitez',
  yes: 'Supprimer sans demander',
  describe: {
    animate: 'Faire une vidéo d’une image',
    reanimate: 'Faire une autre vidéo de la même image, avec un autre mouvement',
    change: 'Modifier une image avec des mots simples',
    vary: 'Faire d’autres versions d’une image',
    better: 'Refaire une image en haute qualité',
    again: 'La refaire',
    edit: 'La refaire avec d’autres mots',
    extend: 'Prolonger une vidéo',
    continue: 'Faire le reste d’une création inachevée',
    lastFrame: 'Faire une vidéo qui commence où celle-ci finit',
    ending: 'Refaire une vidéo avec une autre fin',
    remix: 'Faire du nouveau d’après une image',
    show: 'Montrer de nouveau un résultat, avec ses fichiers',
    delete: 'Supprimer pour de bon les fichiers d’une création',
  },
} as const;
export const placeholders = { image: 'image', words: 'mots' };

export const choose = (images: readonly number[], price: number): string =>
  `Tapez ${anyOf(images)} pour faire une vidéo de cette image, pour ${credits(price)}.`;
export const chooseInShell = (command: string, images: readonly number[], price: number): string =>
  `Pour faire une vidéo de l’image ${anyOf(images)}, pour ${credits(price)}, par exemple : ${command}`;
export const next = (typed: readonly string[]): string => `Vous pouvez aussi taper : ${typed.join(' · ')}`;
export const nextInShell = 'Pour continuer :';
export const inOwnWords = 'Ou dites avec vos mots ce qu’il faut changer, par exemple : rends-la nocturne';

export const startFor = (price: number): string => `Lancer pour ${credits(price)} ?`;
export const typeStart = 'Pour lancer, tapez : start';
export const notStarted = 'Rien n’a été lancé.';
export const sendWords = 'Entrée lance, Ctrl-C annule';
