export const title = {
  picture: (words: string) => `Modifier l’image : ${words}`,
  film: (words: string) => `Modifier l’image et l’animer : ${words}`,
  motion: (words: string) => `Nouveau mouvement : ${words}`,
  ending: (words: string) => `Nouvelle fin : ${words}`,
  animate: 'Animer l’image',
  longer: 'Prolonger la vidéo',
};

export const labels = {
  image: 'Image',
  change: 'Ce qui change',
  motion: 'Ce qui bouge',
  stays: 'Ce qui reste',
  price: 'Prix',
};

export const imageOf = (number: number, count: number): string => `${number} sur ${count}`;
export const firstOf = (count: number): string => `1 sur ${count} ; pour en modifier une autre, donnez son numéro`;

export const stays = {
  picture: 'Tout le reste de l’image.',
  pictureOfFilm:
    'Tout le reste de l’image. Une nouvelle image est faite d’abord ; vous pourrez ensuite l’animer. La vidéo d’avant est gardée.',
  film: 'Tout le reste de l’image et du mouvement. Ce qui existait avant est gardé.',
  motion: 'L’image. La vidéo d’avant est gardée.',
  animate: 'L’image.',
  ending: 'Le début de la vidéo. La vidéo d’avant est gardée.',
  longer: 'La vidéo jusqu’à sa fin. La vidéo d’avant est gardée.',
};

export const start = 'Lancer';
export const nothingYet = 'Rien n’est encore lancé. Si vous pensez à autre chose, dites-le avec d’autres mots.';
