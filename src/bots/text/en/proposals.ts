/** The change that VidGenie understood from a member's words about a result. `words` may be a part of them. */
export const title = {
  picture: (words: string) => `Change the image: ${words}`,
  film: (words: string) => `Change the image and animate it: ${words}`,
  motion: (words: string) => `New motion: ${words}`,
  ending: (words: string) => `New ending: ${words}`,
  animate: 'Animate the image',
  longer: 'Make the video longer',
};

export const labels = {
  image: 'Image',
  change: 'What changes',
  motion: 'What moves',
  stays: 'What stays',
  price: 'Price',
};

export const imageOf = (number: number, count: number): string => `${number} of ${count}`;
/** Nobody said which of several images. */
export const firstOf = (count: number): string => `1 of ${count}; to change another one, say its number`;

export const stays = {
  picture: 'All else in the image.',
  pictureOfFilm:
    'All else in the image. This makes a new image first; you can then animate it. The video from before is kept.',
  film: 'All else in the image, and the rest of the motion. What was there before is kept.',
  motion: 'The image. The video from before is kept.',
  animate: 'The image.',
  ending: 'How the video begins. The video from before is kept.',
  longer: 'The video up to its end. The video from before is kept.',
};

export const start = 'Start';
export const nothingYet = 'Nothing has started yet. If you mean something else, say it in other words.';
