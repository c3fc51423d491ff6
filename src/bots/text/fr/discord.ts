export { animateCommand, editCommand } from '../en/discord.ts';

export const description = 'Des images et des vidéos à partir de quelques mots';

/** Names the requester, if the message does not answer a command. */
export const askedBy = (memberId: string): string => `Demandé par <@${memberId}>.`;
export const thread = (channelId: string): string => `Tout se passe dans <#${channelId}>.`;

export const permissions = {
  ViewChannel: 'Voir le salon',
  SendMessages: 'Envoyer des messages',
  SendMessagesInThreads: 'Envoyer des messages dans les fils',
  CreatePublicThreads: 'Créer des fils publics',
  AttachFiles: 'Joindre des fichiers',
  ReadMessageHistory: 'Voir les anciens messages',
};

export const menu = 'Autres idées';

export const mentioned = {
  title: 'Qu’aimeriez-vous voir ?',
  text: 'Tapez /vidgenie complete et quelques mots. Mentionnez ensuite VidGenie dans le fil du résultat pour le changer, par exemple : au crépuscule, plus lentement.',
};

export const lacking = {
  title: 'VidGenie ne peut pas travailler dans ce salon',
  text: (names: string) =>
    `Il lui manque : ${names}. Un admin peut l’autoriser dans les permissions du salon. Rien n’a été facturé.`,
};

export const fault = {
  title: 'Cela n’a pas marché',
  text: 'Un imprévu est arrivé en chemin. Ce qui n’a pas commencé n’a pas été facturé ; réessayez dans une minute.',
};
export const slow = { title: 'C’était trop long', text: 'VidGenie est très occupé. Réessayez dans un instant.' };
export const outdated = {
  title: 'VidGenie ne connaît plus cela',
  text: 'Cela vient peut-être d’une autre version. Tapez /vidgenie help pour voir ce qu’il y a.',
};

export const tooLarge = {
  link: (label: string, url: string) => `${label} : trop volumineux pour ce serveur ; [à télécharger ici](${url}).`,
  kept: (label: string, key: string) =>
    `${label} : trop volumineux pour ce serveur. L’opérateur le trouve dans ses médias sous ${key}.`,
};

export const welcome = {
  title: 'VidGenie est là',
  intro: (credits: string) => `Ce serveur a ${credits} pour commencer, et en reçoit chaque mois.`,
  steps: [
    '1. Tapez /vidgenie complete un renard dans la neige : un fil s’ouvre, et finit par une image et une vidéo.',
    '2. Tapez /vidgenie settings pour choisir les habitudes d’ici (pour les admins).',
    '3. Tapez /vidgenie help pour voir chaque commande et ce qu’elle coûte.',
  ],
};
