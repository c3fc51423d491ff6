import type { SubjectName } from '../lexicon.ts';
import { castle, house, lighthouse, windmill } from './buildings.ts';
import { cat, dog, rabbit, wolf } from './companions.ts';
import { dragon } from './dragon.ts';
import { astronaut, person, robot } from './figures.ts';
import { fox } from './fox.ts';
import { flower, sunflower, tree } from './plants.ts';
import type { Subject } from './subject.ts';
import { dolphin, fish, jellyfish, turtle, whale } from './swimmers.ts';
import { balloon, boat, car, rocket, train } from './vessels.ts';
import { bear, deer, elephant, horse, unicorn } from './wild.ts';
import { bird, butterfly, owl, penguin } from './winged.ts';

/** Everything that the painter knows how to draw. */
export const gallery: Record<SubjectName, Subject> = {
  fox,
  cat,
  dog,
  wolf,
  bear,
  rabbit,
  deer,
  horse,
  unicorn,
  elephant,
  owl,
  penguin,
  bird,
  butterfly,
  dragon,
  whale,
  fish,
  dolphin,
  turtle,
  jellyfish,
  person,
  astronaut,
  robot,
  castle,
  house,
  lighthouse,
  windmill,
  boat,
  rocket,
  car,
  train,
  balloon,
  tree,
  flower,
  sunflower,
};
