import { credits } from './measures.ts';

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

export const left = (id: string, held: number, stopping: string): string =>
  `La création ${id} n’est pas finie : elle reprendra au prochain démarrage de VidGenie et retient ${credits(held)} jusque-là. ${stopping} Pour l’arrêter : vidgenie cancel ${id}`;

export const notSaved = 'Rien n’a été changé.';
export const fault = 'Un imprévu est arrivé. Réessayez ; avec LOG_LEVEL=debug, le journal en dit plus.';
