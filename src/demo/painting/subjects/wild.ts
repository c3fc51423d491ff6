import { darken, lighten } from '../colour.ts';
import { blob, oval, path, stroke } from './shapes.ts';
import type { Subject, Tones } from './subject.ts';

const legs = (fill: string, spots: readonly (readonly [top: number, foot: number, wide: number])[], from: number) =>
  spots
    .map(([top, foot, wide]) =>
      path(
        fill,
        `M${top - wide} ${from}C${top - wide * 0.8} ${from + 30} ${foot - wide * 0.62} ${from + 40} ${foot - wide * 0.6} 200H${foot + wide * 0.5}C${foot + wide * 0.5} ${from + 40} ${top + wide} ${from + 30} ${top + wide} ${from}Z`,
      ),
    )
    .join('');

export const bear: Subject = {
  home: 'forest',
  stance: 'ground',
  height: 0.44,
  draw: ({ tone, coat }) => {
    const fur = coat('#7a4f33');
    const shade = darken(fur, 0.3);
    return [
      legs(
        shade,
        [
          [88, 86, 15],
          [158, 160, 17],
        ],
        140,
      ),
      blob(fur, [
        [14, 116],
        [20, 104],
        [36, 90],
        [48, 80],
        [70, 76],
        [102, 58],
        [142, 64],
        [178, 82],
        [190, 116],
        [186, 148],
        [160, 160],
        [124, 158],
        [92, 158],
        [62, 148],
        [40, 132],
        [22, 126],
      ]),
      legs(
        fur,
        [
          [72, 70, 17],
          [170, 174, 19],
        ],
        136,
      ),
      oval(fur, 56, 76, 10, 10),
      oval(shade, 57, 78, 5, 6),
      path(shade, 'M102 158C126 162 160 158 186 148C188 136 186 160 176 168C150 176 112 172 92 160Z'),
      blob(lighten(fur, 0.24), [
        [14, 116],
        [22, 104],
        [36, 104],
        [40, 118],
        [30, 127],
        [18, 125],
      ]),
      oval(tone('#1b1214'), 17, 111, 6, 5),
      oval(tone('#1b1214'), 40, 98, 3, 3.4),
      path(lighten(fur, 0.14), 'M102 58C118 58 140 62 154 70C134 72 112 74 96 84C92 76 94 64 102 58Z'),
    ].join('');
  },
};

/** The long-legged animals share a body. Antlers, horns and hair distinguish them. */
function hoofed(fur: string, ink: string): { back: string; body: string; face: string } {
  const shade = darken(fur, 0.3);
  const back =
    path(shade, 'M98 140C98 160 104 176 100 200H92C92 178 86 164 84 142Z') +
    path(shade, 'M150 132C154 156 168 162 166 178L170 200H161L157 180C152 168 142 160 138 146Z');
  const body = path(
    fur,
    'M22 66C20 60 26 54 36 50C44 44 52 42 60 44C66 56 74 74 90 88C108 94 132 90 150 94C166 96 174 108 172 126C170 140 160 146 154 156C150 164 158 172 156 182L157 200H147L145 182C142 170 136 160 130 148C116 154 102 152 94 150C90 164 88 182 89 200H79C80 180 76 162 74 146C62 136 56 118 52 96C46 90 42 84 40 78C34 78 28 76 24 74C22 72 22 70 22 66Z',
  );
  const face =
    oval(ink, 46, 58, 2.6, 3) +
    oval(ink, 25, 66, 2.2, 2.6) +
    path(darken(fur, 0.18), 'M94 150C102 152 116 154 130 148C126 140 108 142 94 150Z');
  return { back, body, face };
}

export const deer: Subject = {
  home: 'forest',
  stance: 'ground',
  height: 0.56,
  draw: ({ tone, coat }: Tones) => {
    const fur = coat('#b0733f');
    const ink = tone('#20151a');
    const { back, body, face } = hoofed(fur, ink);
    const antler = tone('#d9c3a0');
    const spots = [
      [108, 102],
      [122, 104],
      [136, 104],
      [114, 114],
      [130, 116],
      [148, 108],
      [144, 118],
    ];
    return [
      stroke(darken(antler, 0.3), 3.4, 'M60 44C72 36 84 24 86 4M72 36C84 34 92 28 98 16M80 26C78 16 74 10 70 4'),
      back,
      body,
      path(tone('#fbeede'), 'M40 78C46 90 50 100 54 112C60 128 66 138 74 146C78 130 70 104 58 88C52 80 46 78 40 78Z'),
      path(tone('#fbeede'), 'M168 104C176 106 178 116 174 124C170 120 168 112 168 104Z'),
      ...spots.map(([x = 0, y = 0]) => oval(tone('#f4dcb8'), x, y, 2.6, 2.2)),
      path(fur, 'M56 46C60 38 70 34 78 36C76 44 68 50 60 52Z'),
      stroke(antler, 3.8, 'M54 44C60 32 56 18 44 6M57 34C66 28 70 18 68 6M54 22C48 22 40 20 34 14'),
      face,
    ].join('');
  },
};

function horseShape({ tone, coat }: Tones, natural: string, hair: string): string {
  const fur = coat(natural);
  const mane = tone(hair);
  const { back, body, face } = hoofed(fur, tone('#1c1418'));
  return [
    path(
      mane,
      'M164 98C186 100 196 124 190 150C188 166 192 174 196 180C180 178 174 160 176 144C176 128 170 116 162 110Z',
    ),
    back,
    body,
    path(fur, 'M54 96C58 120 66 138 76 146C92 152 90 120 88 88C74 74 62 70 54 96Z'),
    path(
      mane,
      'M50 42C58 36 66 38 70 46C84 56 92 72 100 92C96 102 90 104 86 98C82 104 76 100 76 92C70 92 66 84 68 78C60 74 60 64 62 60C56 56 52 50 50 42Z',
    ),
    path(fur, 'M52 44C52 36 56 30 60 28C64 34 64 42 60 48Z'),
    face,
  ].join('');
}

export const horse: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.52,
  draw: (tones) => horseShape(tones, '#8a4f2c', '#2e1c1c'),
};

export const unicorn: Subject = {
  home: 'forest',
  stance: 'ground',
  height: 0.54,
  draw: (tones) =>
    path(tones.tone('#ffd56b'), 'M44 44L26 4L54 40Z') +
    stroke(tones.tone('#c9932f'), 1, 'M34 22L40 20M38 31L45 28') +
    horseShape(tones, '#fbf6f2', '#e79bd0'),
};

export const elephant: Subject = {
  home: 'desert',
  stance: 'ground',
  height: 0.5,
  draw: ({ tone, coat }) => {
    const skin = coat('#8f929f');
    const shade = darken(skin, 0.26);
    return [
      stroke(shade, 4, 'M184 96C194 112 192 130 190 142'),
      legs(
        shade,
        [
          [92, 92, 17],
          [150, 150, 18],
        ],
        136,
      ),
      blob(skin, [
        [60, 70],
        [90, 46],
        [134, 42],
        [174, 62],
        [190, 104],
        [182, 148],
        [140, 160],
        [96, 158],
        [66, 130],
      ]),
      legs(
        skin,
        [
          [76, 76, 19],
          [170, 172, 20],
        ],
        130,
      ),
      path(
        skin,
        'M70 40C44 36 26 56 24 84C22 112 30 130 28 156C27 170 20 176 10 176C8 182 12 188 20 188C36 188 42 176 42 158C42 142 44 130 50 122C66 122 86 112 90 88C94 62 90 46 70 40Z',
      ),
      path(shade, 'M72 46C96 44 112 62 110 90C109 112 96 126 82 122C72 116 66 96 64 78C64 64 66 52 72 46Z'),
      path(
        lighten(skin, 0.12),
        'M74 52C92 50 104 66 103 88C102 106 92 116 82 114C74 108 70 94 69 78C69 66 70 58 74 52Z',
      ),
      path(tone('#fff6e2'), 'M40 118C32 130 22 136 10 136C20 144 36 142 48 126Z'),
      oval(tone('#1d1a22'), 44, 78, 3.4, 4),
    ].join('');
  },
};
