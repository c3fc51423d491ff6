import type { CastKind } from '../../../domain.ts';
import type { CastRefusal } from '../../commands/refusal.ts';
import { imageFault } from './images.ts';
import { allOf, few } from './measures.ts';

export const kinds: Record<CastKind, string> = {
  character: 'Personnage',
  product: 'Produit',
  style: 'Style',
  place: 'Lieu',
};

export const form = {
  title: 'Distribution : ajouter',
  intro: 'Le même visage dans chaque image : écrivez @nom dans une demande, et les images suivent ces modèles.',
  name: 'Nom',
  nameHint: 'Des lettres et des chiffres, avec - et _ entre eux, par exemple : renard',
  images: 'Images',
  imagesHint: (max: number) => `1 à ${max} : PNG, JPEG ou WebP, 10 Mo et 4096 pixels de côté au plus`,
  description: 'Description',
  descriptionHint: 'Son apparence, en quelques mots. Peut rester vide.',
  kind: 'Ce que c’est',
  likeness: 'Droit à l’image',
  mayUse: 'J’ai le droit d’utiliser cette image',
};

const how = (name: string) => `Écrivez @${name} dans une demande de complete, image, story ou edit.`;

export const card = {
  added: (name: string) => `@${name} est dans la distribution`,
  alreadyAdded: 'L’ajout était déjà fait',
  removedSince: 'Il a été retiré depuis.',
  how,
  list: (entries: number, max: number) => `La distribution : ${entries} sur ${max}`,
  none: 'La distribution est vide',
  firstStep: 'Ajoutez un personnage, un produit, un style ou un lieu : cast add renard',
  kind: 'Ce que c’est',
  description: 'Description',
  addedBy: 'Ajouté par',
  listed: (kind: string, member: string) => `${kind}, ajouté par ${member}`,
  picture: (name: string, number: number) => `@${name}, image ${number}`,
  removed: (name: string) => `@${name} a été retiré de la distribution`,
  erased: 'Ses images sont effacées dès qu’aucune création ne les utilise. Ce qui a été créé avec reste.',
};

export const howToAdd = 'Depuis un script : vidgenie cast add renard --image renard.png --may-use';

const ofImage = (number: number) => `L’image ${number} ne convient pas`;

export function castRefusal(it: CastRefusal): { title: string; text: string } {
  switch (it.outcome) {
    case 'bad_name':
      return {
        title: it.name === '' ? 'Il faut un nom' : `« ${few(it.name, 40)} » ne peut pas être un nom`,
        text: `Un nom a au plus ${it.max} lettres et chiffres, avec - et _ entre eux, par exemple : renard`,
      };
    case 'long_description':
      return {
        title: 'C’est trop long',
        text: `Une description a au plus ${it.max} caractères ; celle-ci en a ${it.length}.`,
      };
    case 'likeness':
      return {
        title: 'Avez-vous le droit d’utiliser cette image ?',
        text: 'Rien n’a été ajouté. Cochez la case si vous pouvez montrer cette personne, ce produit ou ce lieu.',
      };
    case 'image_count':
      return it.count === 0
        ? { title: 'Il faut une image', text: `Rien n’a été ajouté. Donnez 1 à ${it.max} images.` }
        : { title: `${it.count} images, c’est trop`, text: `Rien n’a été ajouté. Donnez-en ${it.max} au plus.` };
    case 'taken':
      return {
        title: `Il y a déjà un @${it.name}`,
        text: `Rien n’a été ajouté. Choisissez un autre nom, ou retirez d’abord celui-là : cast remove ${it.name}`,
      };
    case 'full':
      return {
        title: 'La distribution est complète',
        text: `Elle a ${it.max} places. Libérez-en une d’abord : cast list les montre.`,
      };
    case 'bad_image':
      return { title: ofImage(it.number), text: `${imageFault[it.reason](it.detail)} Rien n’a été ajouté.` };
    case 'objection':
      return objected(it);
    case 'no_entry':
      return {
        title: `Il n’y a pas de @${few(it.name, 30)} dans la distribution`,
        text: `${it.nearest === null ? '' : `Vouliez-vous dire @${it.nearest} ? `}Voir : cast list`,
      };
    case 'not_yours':
      return {
        title: `@${it.entry.name} n’est pas à vous`,
        text: `Ajouté par ${it.entry.addedByName}. Cette personne ou un admin peut le retirer.`,
      };
  }
}

type Objected = Extract<CastRefusal, { outcome: 'objection' }>;

function objected({ number, objection }: Objected): { title: string; text: string } {
  const title = number === null ? 'Cela ne peut pas être dans la distribution' : ofImage(number);
  switch (objection.outcome) {
    case 'blocked':
      return {
        title,
        text: `Les admins de cet espace ont bloqué « ${few(objection.word, 40)} ». Rien n’a été ajouté.`,
      };
    case 'flagged': {
      const categories = allOf(objection.categories.map((one) => one.replace('/', ' / ')));
      return { title, text: `Signalé comme ${categories}. Rien n’a été ajouté.` };
    }
    case 'unmoderated':
      return {
        title: 'Pas maintenant',
        text: 'Tout est vérifié avant d’être ajouté, et la vérification est injoignable. Rien n’a été ajouté. Réessayez dans quelques minutes.',
      };
  }
}

export const inVideo = {
  title: 'Une vidéo de votre image ne suit pas la distribution',
  text: 'Les @noms valent dans complete, image, story et edit. Ici, enlevez le @. Rien n’a été facturé.',
};
