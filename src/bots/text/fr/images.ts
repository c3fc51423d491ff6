import type { ImageFault } from '../../commands/refusal.ts';

export const imageFault: Record<ImageFault, (detail: string) => string> = {
  missing: () => 'Elle n’existe pas, ou ne peut pas être lue.',
  empty: () => 'Elle est vide.',
  too_large: () => 'Elle dépasse 10 Mo ; une copie plus petite ou un JPEG conviendra.',
  unknown_type: (detail) => `Ce n’est pas une image PNG, JPEG ou WebP, quel que soit son nom (${detail}).`,
  damaged: () => 'Elle est abîmée ou incomplète ; enregistrez-la de nouveau et réessayez.',
  too_many_pixels: () => 'Elle dépasse 4096 pixels de côté ; une copie plus petite conviendra.',
  animated: () => 'C’est une animation ; donnez une image fixe.',
};
