import { darken, lighten } from '../colour.ts';
import { blob, mirrored, oval, path, stroke } from './shapes.ts';
import type { Subject } from './subject.ts';

/** An owl on a branch. */
export const owl: Subject = {
  home: 'forest',
  stance: 'ground',
  height: 0.46,
  draw: ({ tone, coat, dark }) => {
    const plume = coat('#8a6242');
    const shade = darken(plume, 0.3);
    const pale = lighten(plume, 0.52);
    const iris = dark ? '#ffc83d' : tone('#f2b22e');
    const eye =
      oval(pale, 74, 68, 25, 25) +
      oval(iris, 76, 69, 15, 15) +
      oval('#14101a', 76, 69, 8.4, 8.4) +
      oval('#ffffff', 72, 65, 3, 3);
    const wing =
      path(shade, 'M52 96C34 116 34 154 58 178C68 160 70 128 64 100Z') +
      path(darken(plume, 0.16), 'M52 104C42 122 42 146 56 164C62 146 62 124 58 104Z');
    const foot = stroke(tone('#e0a23a'), 4, 'M80 178V188M86 178V189M92 178V188');
    const feathers = [112, 126, 140, 154].flatMap((y, row) =>
      [-24, -12, 0, 12, 24].map((x) => path(plume, `M${100 + x + (row % 2) * 6 - 4} ${y}q4 7 8 0Z`)),
    );
    return [
      path(tone('#4a3226'), 'M4 184C60 178 140 188 196 180L196 194C140 200 60 192 4 198Z'),
      blob(plume, [
        [100, 34],
        [132, 42],
        [150, 74],
        [152, 120],
        [140, 164],
        [100, 186],
        [60, 164],
        [48, 120],
        [50, 74],
        [68, 42],
      ]),
      path(pale, 'M100 92C126 92 134 116 130 142C126 164 112 178 100 178S74 164 70 142C66 116 74 92 100 92Z'),
      ...feathers,
      wing,
      mirrored(wing, 100),
      path(
        plume,
        'M56 62C48 44 48 28 52 18C66 26 82 34 100 36C118 34 134 26 148 18C152 28 152 44 144 62C128 48 112 54 100 64C88 54 72 48 56 62Z',
      ),
      eye,
      mirrored(eye, 100),
      path(tone('#e0a23a'), 'M93 76C96 72 104 72 107 76L100 94Z'),
      foot,
      mirrored(foot, 100),
    ].join('');
  },
};

export const penguin: Subject = {
  home: 'mountains',
  stance: 'ground',
  height: 0.4,
  draw: ({ tone, coat }) => {
    const back = coat('#262c3d');
    const beak = tone('#f59f32');
    const flipper = path(darken(back, 0.25), 'M56 90C36 108 28 136 34 160C48 150 60 130 64 108Z');
    return [
      path(beak, 'M66 188C56 188 50 194 48 200H92V188ZM134 188C144 188 150 194 152 200H108V188Z'),
      blob(back, [
        [100, 8],
        [128, 18],
        [138, 48],
        [146, 90],
        [150, 140],
        [138, 182],
        [100, 196],
        [62, 182],
        [50, 140],
        [54, 90],
        [62, 48],
        [72, 18],
      ]),
      path(tone('#fdfaf4'), 'M100 58C128 58 136 96 136 132C136 168 120 190 100 190S64 168 64 132C64 96 72 58 100 58Z'),
      path(
        tone('#fdfaf4'),
        'M84 30C96 30 100 42 100 60C90 66 74 62 72 48C72 38 76 30 84 30ZM116 30C104 30 100 42 100 60C110 66 126 62 128 48C128 38 124 30 116 30Z',
      ),
      path(tone('#ffc65c'), 'M66 66C80 78 120 78 134 66C130 84 116 92 100 92S70 84 66 66Z'),
      flipper,
      mirrored(flipper, 100),
      oval('#171420', 86, 44, 4.4, 5.2),
      oval('#171420', 114, 44, 4.4, 5.2),
      oval('#ffffff', 84.6, 42, 1.6, 1.8),
      oval('#ffffff', 112.6, 42, 1.6, 1.8),
      path(beak, 'M90 54C94 50 106 50 110 54L100 66Z'),
    ].join('');
  },
};

/** A large bird in flight. */
export const bird: Subject = {
  home: 'sky',
  stance: 'air',
  height: 0.42,
  draw: ({ tone, coat }) => {
    const plume = coat('#f4f1ec');
    const shade = darken(plume, 0.22);
    const tip = tone('#3a3f52');
    return [
      path(shade, 'M96 108C92 80 104 44 144 10C140 34 150 40 142 54C150 58 144 70 136 74C142 80 132 92 122 110Z'),
      path(tip, 'M144 10C140 34 150 40 142 54L130 48C134 36 138 24 144 10Z'),
      path(
        plume,
        'M20 112C28 102 44 98 58 102C80 96 112 98 138 112C158 112 178 116 196 128C176 130 160 130 146 126C124 138 92 140 66 128C48 130 34 126 30 120Z',
      ),
      path(
        shade,
        'M66 128C92 140 124 138 146 126C160 130 176 130 196 128C178 122 160 120 140 120C116 126 88 128 66 122Z',
      ),
      path(plume, 'M72 110C52 86 30 64 8 20C26 34 34 36 44 52C54 48 62 58 64 66C74 62 86 78 112 108Z'),
      path(tip, 'M8 20C26 34 34 36 44 52L32 54C22 44 14 32 8 20Z'),
      path(tone('#f2a33a'), 'M24 110C16 112 8 116 4 120C12 122 22 122 30 120Z'),
      oval(tone('#1b1720'), 36, 109, 2.8, 2.8),
    ].join('');
  },
};

export const butterfly: Subject = {
  home: 'meadow',
  stance: 'air',
  height: 0.36,
  draw: ({ tone, coat }) => {
    const wing = coat('#f08a2c');
    const rim = tone('#2a1a24');
    const pale = lighten(wing, 0.45);
    const half = [
      path(rim, 'M98 96C84 50 40 14 14 28C-2 40 10 92 40 104C20 112 22 152 44 168C68 180 92 146 98 112Z'),
      path(wing, 'M94 92C80 56 44 26 22 36C12 46 22 86 46 98C62 104 84 102 94 98Z'),
      path(darken(wing, 0.12), 'M92 108C76 106 52 106 38 116C28 128 34 148 50 158C68 164 86 138 92 112Z'),
      path(pale, 'M80 88C68 66 50 48 36 46C36 64 52 84 80 90Z'),
      oval(pale, 54, 134, 10, 12, 20),
      stroke(rim, 2, 'M94 94L46 46M94 96L38 76M92 110L50 150M92 108L42 126'),
    ].join('');
    return (
      half +
      mirrored(half, 100) +
      path(rim, 'M96 78C98 72 102 72 104 78L103 140C102 150 98 150 97 140Z') +
      oval(rim, 100, 76, 6, 7) +
      stroke(rim, 1.6, 'M98 70C94 56 86 48 78 46M102 70C106 56 114 48 122 46')
    );
  },
};
