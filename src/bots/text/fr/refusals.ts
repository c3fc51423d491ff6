import type { Allowed, Refusal } from '../../commands/refusal.ts';
import { castRefusal, inVideo } from './cast.ts';
import { imageFault } from './images.ts';
import { allOf, anyOf, credits, duration, few } from './measures.ts';
import { atWork, stopCosts } from './runs.ts';

export const openChannels = 'Possible dans';

export const away = {
  title: 'Pas maintenant',
  text: 'VidGenie n’atteint pas sa base de données, ou celle-ci est surchargée. Ce qui n’a pas commencé n’a pas été facturé. Réessayez dans une minute.',
};

export function refusal(it: Refusal): { title: string; text: string } {
  switch (it.reason) {
    case 'unknown_command':
      return {
        title: `Il n’y a pas de commande « ${few(it.given, 30)} »`,
        text: `${didYouMean(it.nearest)}Les commandes sont ${allOf(it.allowed)}.`,
      };
    case 'unknown_option':
      return {
        title: `${it.command} n’a pas d’option --${few(it.given, 30)}`,
        text: `${didYouMean(it.nearest === null ? null : `--${it.nearest}`)}${
          it.allowed.length === 0
            ? 'Elle ne prend pas d’option.'
            : `Ses options sont ${allOf(it.allowed.map((one) => `--${one}`))}.`
        }`,
      };
    case 'missing_value':
      return { title: `--${it.option} attend une valeur`, text: sentence(it.allowed) };
    case 'bad_value':
      return {
        title: `--${it.option} ne peut pas valoir « ${few(it.given, 30)} »`,
        text: `${didYouMean(it.nearest)}${sentence(it.allowed)}`,
      };
    case 'given_twice':
      return { title: `--${it.option} est donné deux fois`, text: 'Une seule fois suffit, pour savoir lequel compte.' };
    case 'missing':
      return missing(it.command, it.option);
    case 'too_long':
      return {
        title: 'C’est trop long',
        text: `${it.option} : ${it.max.toLocaleString('fr')} caractères au plus, il y en a ${it.length.toLocaleString('fr')}.`,
      };
    case 'unexpected_words':
      return { title: `${it.command} ne prend pas « ${few(it.words, 30)} »`, text: `Voir : help ${it.command}` };
    case 'admins_only':
      return { title: 'Réservé aux admins', text: `Demandez à un admin de cet espace d’utiliser ${it.command}.` };
    case 'insufficient':
      return {
        title: 'Pas assez de crédits',
        text: `Cela coûte ${credits(it.priceCredits)} et il en reste ${it.balance}${
          it.heldCredits > 0 ? ` (${it.heldCredits} de plus réservés par des créations en cours)` : ''
        }. Rien n’a été facturé. Une vidéo plus courte, une résolution plus basse, sans son ou en qualité standard coûte moins ; les crédits gratuits reviennent au début du mois, et un opérateur peut en accorder.`,
      };
    case 'too_fast':
      return {
        title: 'Un instant, s’il vous plaît',
        text: `${it.whose === 'member' ? 'Vous avez donné' : 'Cet espace a donné'} plus de commandes en une minute que possible. Rien n’a été facturé. Réessayez dans ${it.seconds} ${it.seconds === 1 ? 'seconde' : 'secondes'}.`,
      };
    case 'busy':
      return {
        title: 'Vous avez déjà beaucoup en cours',
        text: `${it.max} de vos créations sont en cours ou attendent : c’est le maximum par membre ici. Rien n’a été facturé. Réessayez quand l’une est finie, ou annulez-en une : history les montre.`,
      };
    case 'no_room':
      return {
        title: 'Pas de place pour de nouvelles créations en ce moment',
        text: 'Un disque de ce VidGenie est presque plein. Ce qui a été accepté continue. Rien n’a été facturé. Réessayez plus tard ; son opérateur doit faire de la place.',
      };
    case 'unsupported':
      return {
        title: `--${it.option} ${it.value} n’est pas possible ici`,
        text: `${it.model} accepte ${anyOf(it.allowed)}. Rien n’a été facturé.`,
      };
    case 'unknown_model':
      return {
        title: `Aucun modèle ne s’appelle ${few(it.word, 60)} ici`,
        text: `${didYouMean(it.nearest)}La liste : help complete. Rien n’a été facturé.`,
      };
    case 'unused_model':
      return unusedModel(it);
    case 'model_gone':
      return {
        title: `${it.model} ne peut plus être utilisé ici`,
        text: 'Ceci a été fait avec lui, et rien ne le remplace sans votre accord. Rien n’a été facturé. Lancez une nouvelle création avec un autre modèle.',
      };
    case 'model_not_allowed':
      return {
        title: `${it.model} ne peut pas être utilisé ici`,
        text: `Cet espace autorise ${anyOf(it.allowed)}. Rien n’a été facturé.`,
      };
    case 'not_in_cast':
      return {
        title: `Il n’y a pas de @${few(it.name, 30)} dans la distribution`,
        text: `${didYouMean(it.nearest === null ? null : `@${it.nearest}`)}Ajoutez-le avec : cast add ${few(it.name, 30)}. Si vous ne pensez à personne de la distribution, enlevez le @. Rien n’a été facturé.`,
      };
    case 'too_many_references':
      return {
        title:
          it.max === 0
            ? `${it.model} ne peut suivre aucune image`
            : `${it.model} peut suivre ${it.max} ${it.max === 1 ? 'image' : 'images'}`,
        text: `Il en faut ${it.needed} : celles de la distribution et celles que vous avez données. ${
          it.able === null
            ? 'Nommez-en moins.'
            : `${it.able} le pourrait : un admin peut ajouter sa clé, ou nommez-en moins.`
        } Rien n’a été facturé.`,
      };
    case 'cast':
      return castRefusal(it.why);
    case 'no_cast_in_video':
      return inVideo;
    case 'no_ending':
      return {
        title: 'Ce modèle ne peut pas changer la fin d’une vidéo',
        text: `${it.model} n’accepte pas de dernière image. Animez plutôt l’image de nouveau, avec d’autres mots. Rien n’a été facturé.`,
      };
    case 'no_frames':
      return {
        title: 'Rien ici ne crée d’images à choisir',
        text: `${it.model} crée la vidéo directement à partir de vos mots. Redemandez sans images à choisir. Rien n’a été facturé.`,
      };
    case 'nothing_to_change':
      return {
        title: 'Il n’y a pas d’image à modifier',
        text: 'La création n’en a pas fait, ou elle n’est plus conservée. Rien n’a été facturé.',
      };
    case 'bad_image':
      return { title: 'Cette image ne convient pas', text: `${imageFault[it.why](it.detail)} Rien n’a été facturé.` };
    case 'no_such_run':
      return {
        title: it.given === '' ? 'Aucune création pour l’instant' : `Aucune création « ${few(it.given, 40)} » ici`,
        text: 'Voir : history',
      };
    case 'ambiguous_run':
      return {
        title: `Plusieurs créations commencent par « ${few(it.given, 40)} »`,
        text: 'Donnez quelques caractères de plus.',
      };
    case 'nothing_to_cancel':
      return { title: 'Rien n’est en cours', text: 'Aucune de vos créations n’attend ni ne travaille.' };
    case 'several_to_cancel':
      return {
        title: 'Plusieurs créations sont en cours',
        text: `Dites laquelle : ${it.runs.map((run) => `cancel ${run.id} (${few(run.prompt, 30)})`).join(', ')}.`,
      };
    case 'stop_costs':
      return {
        title: it.told > 0 ? 'Arrêter coûte plus à présent' : 'Arrêter cette création ?',
        text: [
          ...(it.cost.atWork ? [atWork[it.cost.atWork]] : []),
          stopCosts(it.cost.credits, it.cost.back),
          ...(it.told > 0 ? [`C’était ${credits(it.told)} au moment de la question ; rien n’a été arrêté.`] : []),
        ].join(' '),
      };
    case 'costs_more':
      return it.told > 0
        ? {
            title: `Cela coûte à présent ${credits(it.priceCredits)}`,
            text: `C’était ${credits(it.told)} quand vous l’avez lu. Rien n’a été facturé.`,
          }
        : { title: `Cela coûte ${credits(it.priceCredits)}`, text: 'Rien n’a encore été facturé.' };
    case 'not_your_run':
      return {
        title: 'Cette création n’est pas la vôtre',
        text: `Son membre, un modérateur ou un admin peut ${it.wish === 'stop' ? 'l’arrêter' : 'la supprimer'}.`,
      };
    case 'still_at_work':
      return {
        title: 'Cette création est encore en cours',
        text: 'Annulez-la d’abord, ou attendez la fin ; elle pourra alors être supprimée.',
      };
    case 'run_deleted':
      return { title: 'Cette création a été supprimée', text: 'Son résultat n’existe plus. Lancez-en une nouvelle.' };
    case 'media_expired':
      return {
        title: 'Cette image n’existe plus',
        text: 'Elle a été gardée aussi longtemps que prévu ici, puis effacée. Envoyez-la de nouveau, ou créez-en une autre.',
      };
    case 'nothing_to_extend':
      return {
        title: 'Il n’y a plus de film à reprendre',
        text: 'Il a été supprimé, ou n’est plus conservé. Rien n’a été facturé.',
      };
    case 'nothing_to_animate':
      return {
        title: 'Il n’y a pas d’image à animer',
        text: 'Choisissez un message avec une image PNG, JPEG ou WebP. Rien n’a été facturé.',
      };
    case 'no_such_image':
      return {
        title: it.given === null ? 'Quelle image ?' : `Il n’y a pas d’image ${it.given}`,
        text: `Donnez son numéro : ${anyOf(it.allowed)}. Rien n’a été facturé.`,
      };
    case 'no_such_proposal':
      return {
        title: 'Cela ne peut plus être lancé',
        text: 'Le résultat dont il s’agissait a été supprimé. Rien n’a été facturé. Dites ce que vous souhaitez d’un autre résultat.',
      };
    case 'elsewhere':
      return {
        title: 'Pas dans ce salon',
        text: 'Les admins de cet espace ont choisi d’autres salons pour cela. Rien n’a été facturé. Redemandez dans l’un d’eux.',
      };
    case 'daily_limit':
      return {
        title: it.max === 1 ? 'Vous avez eu votre création du jour' : `Vous avez eu vos ${it.max} créations du jour`,
        text: `Un membre de cet espace peut lancer ${it.max === 1 ? 'une création' : `${it.max} créations`} en 24 heures. La prochaine est possible dans ${duration(it.againInMs)}. Rien n’a été facturé.`,
      };
    case 'blocked':
      return {
        title: 'Cet espace ne crée pas cela',
        text: `Ses admins ont bloqué « ${few(it.word, 40)} ». Rien n’a été facturé. Essayez d’autres mots.`,
      };
    case 'flagged':
      return {
        title: 'Cela ne peut pas être créé ici',
        text: `Signalé comme ${allOf(it.categories.map((one) => one.replace('/', ' / ')))}. Rien n’a été facturé. Essayez d’autres mots.`,
      };
    case 'unmoderated':
      return {
        title: 'Pas maintenant',
        text: 'Chaque texte est vérifié avant le travail, et la vérification est injoignable. Rien n’a été facturé. Réessayez dans quelques minutes.',
      };
    case 'no_key':
      return {
        title: `Personne n’a encore de clé pour ${things[it.step]}`,
        text: 'Rien n’a été facturé. Un admin peut en apporter une avec : keys',
      };
    case 'already_over':
      return {
        title: `La création ${it.id} est finie`,
        text: `Elle ${it.state}, il n’y a rien à arrêter. Voir : status ${it.id}`,
      };
  }
}

export function unusedModel({ word, makes, workflow, works }: Extract<Refusal, { reason: 'unused_model' }>) {
  return {
    title: `${few(word, 60)} n’a rien à faire ici`,
    text: `Il crée ${allOf(makes.map((kind) => products[kind]))}, et ${workflow} n’en a pas besoin. Il sert avec ${anyOf(works)}. Rien n’a été facturé.`,
  };
}

const products = { enhance: 'des textes', image: 'des images', video: 'des vidéos' } as const;
const things = { enhance: 'le texte', image: 'l’image', video: 'la vidéo' } as const;

const didYouMean = (nearest: string | null) => (nearest === null ? '' : `Vouliez-vous dire ${nearest} ? `);

function sentence(allowed: Allowed): string {
  switch (allowed.kind) {
    case 'choices':
      return `Les valeurs possibles : ${anyOf(allowed.values)}.`;
    case 'whole_number':
      return `C’est un nombre entier de ${allowed.min} à ${allowed.max}.`;
    case 'on_off':
      return 'C’est on ou off.';
    case 'models':
      return `C’est un modèle ou un alias, ou jusqu’à ${allowed.max} avec + entre eux.`;
    case 'text':
      return 'Ce sont quelques mots.';
  }
}

function missing(command: string, option: string): { title: string; text: string } {
  if (option === 'prompt') {
    return {
      title: 'Qu’aimeriez-vous voir ?',
      text: `Ajoutez quelques mots, par exemple : ${command} un renard dans la neige`,
    };
  }
  if (option === 'image') return { title: 'Quelle image ?', text: `Ajoutez-en une à ${command}.` };
  return { title: `${command} attend ${option}`, text: `Voir : help ${command}` };
}
