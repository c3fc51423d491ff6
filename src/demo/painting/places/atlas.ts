import type { StagePlace } from '../staging.ts';
import { abstract } from './abstract.ts';
import { city } from './city.ts';
import { forest } from './forest.ts';
import { heights, space, underwater } from './heavens.ts';
import { alps, desert, meadow } from './lands.ts';
import type { Place } from './place.ts';
import { beach, lake, sea } from './waters.ts';

export const places: Record<StagePlace, Place> = {
  forest,
  mountains: alps,
  sea,
  beach,
  lake,
  underwater,
  city,
  desert,
  meadow,
  space,
  sky: heights,
  abstract,
};
