import type { QueuePosition } from '../../../db/queuePosition.ts';
import type { FailureKind, RunState, StepKind, Workflow } from '../../../domain.ts';
import type { Action, AskingAction } from '../../card.ts';
import { allOf, credits, guess, took } from './measures.ts';

export const workflows: Record<Workflow, string> = {
  complete: 'Image et vidéo',
  image: 'Image',
  video: 'Vidéo',
  story: 'Histoire',
  extend: 'Vidéo prolongée',
  edit: 'Image modifiée',
};

export const runNames: Record<Workflow, string> = { ...workflows, edit: 'Nouvelle version' };

export const steps: Record<StepKind, string> = { enhance: 'Texte', image: 'Image', video: 'Vidéo', join: 'Film' };
export const numbered = {
  scene: (scene: number) => `Scène ${scene}`,
  image: (variant: number) => `Image ${variant}`,
  clip: (clip: number) => `Plan ${clip}`,
  look: 'Mouvement',
  inScene: (scene: number, step: string) => `Scène ${scene} : ${step.toLowerCase()}`,
};

export const states: Record<RunState, string> = {
  queued: 'en attente',
  running: 'en cours',
  succeeded: 'terminée',
  failed: 'échouée',
  canceled: 'annulée',
};

export const ended: Record<Exclude<RunState, 'queued' | 'running'>, string> = {
  succeeded: 'est terminée',
  failed: 'a échoué',
  canceled: 'a été annulée',
};

export const prompt = { original: 'Vos mots', enhanced: 'Ce que VidGenie a demandé', motion: 'Ce qui bouge' };

/** We prompt models in English, whatever language people read. */
export { unspokenMotion } from '../en/runs.ts';

export const acceptedTitle = (workflow: Workflow): string => `${runNames[workflow]} : c’est parti`;
export const repeated = 'Cela a déjà été demandé ; le résultat se trouve là où la demande a été faite.';
export const optionLabels = { options: 'Options', models: 'Modèles', price: 'Prix', queue: 'File' };
export const withModels = (models: readonly string[]): string => `Avec ${allOf(models)}.`;
export const counted = {
  scenes: (count: number) => `${count} scènes`,
  images: (count: number) => `${count} images`,
  frames: (count: number) => `${count} images au choix`,
  fade: 'fondus',
};
export const withSound = (audio: boolean): string => (audio ? 'avec son' : 'sans son');

const number = (amount: number): string => amount.toLocaleString('fr');

export const accepted = (price: number, balance: number): string =>
  `${credits(price)} réservés, il en reste ${number(balance)}.`;

export const title = {
  queued: (workflow: Workflow) => `${runNames[workflow]} : en attente d’une place`,
  running: (workflow: Workflow) => `${runNames[workflow]} : en cours`,
  stopping: (workflow: Workflow) => `${runNames[workflow]} : arrêt en cours`,
  succeeded: {
    complete: 'Votre image et votre vidéo sont prêtes',
    image: 'Votre image est prête',
    video: 'Votre vidéo est prête',
    story: 'Votre histoire est prête',
    extend: 'Votre vidéo est plus longue',
    edit: 'Voici la nouvelle version',
  },
  frames: (count: number) => `Choisissez parmi ${count} images pour la vidéo`,
  severalImages: (count: number) => `Vos ${count} images sont prêtes`,
  partial: 'Votre image est prête, pas la vidéo',
  partialRest: 'Une partie est prête, pas le reste',
  failed: {
    complete: 'L’image n’a pas pu être créée',
    image: 'L’image n’a pas pu être créée',
    video: 'La vidéo n’a pas pu être créée',
    story: 'L’histoire n’a pas pu être créée',
    extend: 'La vidéo n’a pas pu être prolongée',
    edit: 'La nouvelle version n’a pas pu être créée',
  },
  canceled: 'Annulé',
  canceledPartial: 'Annulé ; votre image était déjà prête',
  canceledRest: 'Annulé ; une partie était déjà prête',
};

/**
 * The queue position of a run. A run that exceeds a limit waits for other runs of the same member or workspace. Free workers do
 * not help it.
 */
export function queue({ ahead, limit }: QueuePosition): string {
  const runs = `${ahead} création${ahead === 1 ? '' : 's'} ${ahead < 100 ? '' : 'ou plus '}avant elle`;
  if (!limit) return ahead === 0 ? 'C’est la prochaine.' : `${runs}.`;
  const whose = limit.of === 'member' ? 'de ce membre' : 'de cet espace';
  const max = `${limit.atWork} au plus ${whose} sont en cours à la fois.`;
  return ahead === 0 ? `Elle commence quand une autre se termine : ${max}` : `${runs}, et ${max}`;
}

export const remaining = (ms: number): string => `encore ${guess(ms)} environ`;
export const percentAndRest = (percent: number, ms: number): string => `${percent} %, ${remaining(ms)}`;
export const tookMs = (ms: number): string => `Fait en ${took(ms)}.`;

const comesFrom: Record<StepKind, string> = {
  enhance: 'Le texte amélioré vient',
  image: 'L’image vient',
  video: 'La vidéo vient',
  join: 'Le film vient',
};

export function replaced(step: StepKind, it: { model: string; insteadOf: string; failure: FailureKind }): string {
  return `${comesFrom[step]} de ${it.model} au lieu de ${it.insteadOf}, qui ${why(it.failure)}.`;
}

function why(failure: FailureKind): string {
  switch (failure) {
    case 'rate_limited':
      return 'avait trop de demandes';
    case 'bad_key':
    case 'quota':
      return 'n’a pas accepté la clé ou n’avait plus rien pour elle';
    case 'invalid_request':
      return 'n’est plus proposé';
    case 'unavailable':
    case 'timeout':
    case 'interrupted':
    case 'no_output':
    case 'refused':
    case 'storage':
    case 'internal':
    case 'canceled':
      return 'était injoignable';
  }
}

export const note = {
  waiting: (expectedMs: number) => `d’habitude ${guess(expectedMs)}`,
  working: (percent: number, remainingMs: number) => `${percent} %, encore ${guess(remainingMs)} environ`,
  storing: 'enregistrement',
  done: (ms: number) => took(ms),
  skipped: 'non commencé',
};

export const stepWords = {
  waiting: 'en attente',
  working: 'en cours',
  done: 'fait',
  failed: 'échec',
  skipped: 'non commencé',
};

export function settled(it: { held: number; captured: number; released: number; balance: number | null }): string {
  const left = it.balance === null ? '' : ` Il en reste ${number(it.balance)}.`;
  if (it.released === 0) return `${credits(it.captured)} payés.${left}`;
  if (it.captured === 0) return `Rien n’a été facturé : les ${credits(it.held)} sont rendus.${left}`;
  return `${it.captured} sur ${credits(it.held)} payés, ${it.released} rendus.${left}`;
}

export const stepShort: Record<FailureKind, string> = {
  refused: 'refusé',
  invalid_request: 'impossible',
  bad_key: 'clé refusée',
  quota: 'quota épuisé',
  rate_limited: 'trop de demandes',
  unavailable: 'injoignable',
  timeout: 'trop long',
  interrupted: 'interrompu',
  no_output: 'sans résultat',
  storage: 'non enregistré',
  internal: 'échec',
  canceled: 'annulé',
};

const things: Record<StepKind, string> = {
  enhance: 'le texte',
  image: 'l’image',
  video: 'la vidéo',
  join: 'le film',
};

export function failure(step: StepKind, kind: FailureKind, detail: string): string {
  const thing = things[step];
  const said = detail === '' ? '' : ` Sa réponse : ${stop(detail)}`;
  switch (kind) {
    case 'refused':
      return `Le fournisseur refuse de créer ${thing} : ses règles ne le permettent pas.${said} D’autres mots conviendront peut-être.`;
    case 'invalid_request':
      return `Le fournisseur ne peut pas créer ${thing} de cette façon.${said} Essayez d’autres options.`;
    case 'bad_key':
      return `Le fournisseur n’a pas accepté la clé prévue pour ${thing}. Un admin peut en donner une autre ; réessayez ensuite.`;
    case 'quota':
      return `Le compte du fournisseur n’a plus rien pour ${thing}. L’opérateur peut l’augmenter ; réessayez ensuite.`;
    case 'rate_limited':
      return `Le fournisseur était trop occupé pour ${thing}.${said} Réessayez plus tard.`;
    case 'unavailable':
      return `Le fournisseur est resté injoignable pour ${thing}.${said} Réessayez dans quelques minutes.`;
    case 'timeout':
      return `Le fournisseur n’a pas répondu à temps pour ${thing}. Réessayez.`;
    case 'interrupted':
      return `Interruption pendant le travail sur ${thing}. Réessayez.`;
    case 'no_output':
      return `Le fournisseur a terminé sans résultat pour ${thing}.${said} Réessayez, peut-être avec d’autres mots.`;
    case 'storage':
      return `Impossible d’enregistrer ${thing}.${said} L’opérateur peut aider ; réessayez ensuite.`;
    case 'internal':
      return `Un imprévu est arrivé pour ${thing}. L’opérateur trouve les détails dans le journal ; réessayez ensuite.`;
    case 'canceled':
      return `La demande pour ${thing} était déjà partie au moment de l’annulation, elle est donc payée. Le reste ne coûte rien.`;
  }
}

export const withheld = (step: StepKind, categories: readonly string[]): string =>
  categories.length === 0
    ? `La modération n’a pas pu examiner ${things[step]}, et cet espace retient de tels résultats. Réessayez plus tard.`
    : `La modération a signalé ${things[step]} (${categories.join(', ')}), et cet espace retient de tels résultats. D’autres mots conviendront peut-être.`;

const stop = (sentence: string) => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`);

export const ownKey = (vendors: readonly string[]): string => `Avec la clé ${allOf(vendors)} de votre espace.`;
export const ownKeyFailed =
  'C’était la clé de votre espace ; celle de l’opérateur ne la remplace jamais. Un admin voit son état avec : keys';

export const ownWords = 'Le texte n’a pas pu être amélioré ; vos propres mots ont été utilisés.';

export const unreceived = (made: readonly StepKind[], amount: number): string =>
  `Personne n’a pu recevoir ${allOf(made.map((step) => things[step]))} : ${credits(amount)} rendus.`;

export const undrawn =
  'C’est la démo hors ligne, et elle ne sait rien dessiner de ces mots : vous ne voyez que des couleurs. Avec la clé d’un fournisseur, un modèle les dessine.';

export const undelivered = 'Le résultat n’a pas pu être annoncé là où il a été demandé.';

export const buttons: Record<Action, string> = {
  cancel: 'Annuler',
  again: 'Encore',
  edit: 'Modifier le texte',
  animate: 'Animer',
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
  delete: 'Supprimer',
};

export { extendBy } from './measures.ts';

export const newFrames = 'Nouvelles images';
export const ofImage = (label: string, image: number): string => `${label} ${image}`;

export const priced = (label: string, price: number): string => `${label} · ${credits(price)}`;

export const asking = {
  edit: { title: 'Modifier le texte', label: 'Qu’aimeriez-vous voir ?' },
  change: { title: 'Modifier l’image', label: 'Que faut-il changer ?' },
  reanimate: { title: 'Un autre mouvement', label: 'Que doit-il se passer dans la vidéo ?' },
  lastFrame: { title: 'Continuer depuis la dernière image', label: 'Que se passe-t-il ensuite ?' },
  ending: { title: 'Une autre fin', label: 'À quoi doit ressembler la fin ?' },
  remix: { title: 'Remixer', label: 'Que voir dans l’esprit de cette image ?' },
} as const satisfies Record<AskingAction, { title: string; label: string }>;
export const startPrice = (price: number): string => `Lancer coûte ${credits(price)}.`;

export const versions = {
  title: 'Versions',
  back: (version: number) => `Revenir à la version ${version}`,
  before: 'Revenir à la version précédente',
  of: (version: number, first: string) => `v${version} de ${first}`,
  label: (version: number, id: string) => `v${version}  ${id}`,
  shown: 'celle-ci',
};

export const deleted = {
  title: 'Supprimé',
  text: (by: string | null) =>
    by === null
      ? 'Le résultat de cette création a été supprimé.'
      : `Le résultat de cette création a été supprimé par ${by}.`,
  done: 'Le résultat n’est plus conservé. Ce qu’il a coûté reste dans le registre.',
};

export const stopCosts = (paid: number, back: number): string =>
  back === 0
    ? `Arrêter maintenant coûte les ${credits(paid)} : rien n’est rendu.`
    : `Arrêter maintenant coûte ${credits(paid)}, ${back} ${back === 1 ? 'est rendu' : 'sont rendus'}.`;
export const atWork: Record<StepKind, string> = {
  enhance: 'Le texte est en cours d’amélioration.',
  image: 'L’image est en cours de création.',
  video: 'La vidéo est en cours de création.',
  join: 'Le film est en cours d’assemblage.',
};

export const canceling = {
  title: (id: string) => `Arrêt de la création ${id}`,
  free: (back: number) =>
    back === 0
      ? 'Cela ne coûte rien.'
      : `Cela ne coûte rien : ${credits(back)} ${back === 1 ? 'est rendu' : 'sont rendus'}.`,
  costs: (paid: number, back: number) => `${stopCosts(paid, back)} Ce qui est déjà fait est gardé.`,
  stopsFree: 'L’arrêter maintenant ne coûte rien.',
  stop: 'Arrêter',
  keep: 'Continuer',
  keeps: { title: 'Elle continue', text: 'Rien n’a été arrêté.' },
};

/** The maker of a step if nobody has a key. */
export const demoStudio = 'Studio de démonstration';

export const media = {
  image: 'Image',
  video: 'Vidéo',
  size: (width: number, height: number, seconds: number | null, bytes: string) =>
    [`${width} × ${height}`, ...(seconds === null ? [] : [`${Number(seconds.toFixed(1))} s`]), bytes].join(', '),
};
