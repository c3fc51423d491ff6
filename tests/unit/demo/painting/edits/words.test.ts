import { describe, expect, it } from 'vitest';
import { effectsOf } from '../../../../../src/demo/painting/edits/words.ts';

describe('the changes that words ask for', () => {
  it.each([
    ['make it night', ['night']],
    ['mets-le la nuit', ['night']],
    ['mach es Nacht', ['night']],
    ['que sea de noche', ['night']],
    ['at dusk, please', ['sunset']],
    ['es soll schneien, viel Schnee', ['snow']],
    ['sous la pluie', ['rain']],
    ['con niebla', ['fog']],
    ['Herbst', ['leaves']],
    ['brighter and warmer', ['brighter', 'warmer']],
    ['plus foncé', ['darker']],
    ['kälter', ['colder']],
    ['en rojo', ['red']],
    ['weiß', ['white']],
    ['black and white', ['grey']],
    ['noir et blanc', ['grey']],
    ['schwarz-weiß', ['grey']],
    ['night, with snow', ['night', 'snow']],
  ])('%s', (words, effects) => {
    expect(effectsOf(words)).toEqual(effects);
  });

  it('are the opposite after a word like "less", and none if nothing can be taken away', () => {
    expect(effectsOf('less bright')).toEqual(['darker']);
    expect(effectsOf('des couleurs moins vives')).toEqual(['pale']);
    expect(effectsOf('remove the snow')).toEqual([]);
    expect(effectsOf('ohne Nebel')).toEqual([]);
  });

  it.each(['give him a hat', '', '雪', 'constructor', '__proto__'])('are none in "%s"', (words) => {
    expect(effectsOf(words)).toEqual([]);
  });
});
