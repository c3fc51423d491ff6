import { darken, lighten } from '../colour.ts';
import { blob, oval, path, stroke } from './shapes.ts';
import type { Subject } from './subject.ts';

export const whale: Subject = {
  home: 'underwater',
  stance: 'immersed',
  height: 0.6,
  draw: ({ tone, coat }) => {
    const skin = coat('#33608f');
    const shade = darken(skin, 0.32);
    const belly = tone('#e6eef2');
    return [
      path(shade, 'M160 96C172 86 178 70 176 52C186 58 192 66 193 74C196 66 200 60 208 56C210 76 198 98 172 108Z'),
      path(
        skin,
        'M-6 112C-8 84 24 66 66 66C108 66 134 84 156 96C164 98 170 96 176 92L182 104C170 118 150 124 130 132C100 146 60 152 30 146C8 142 -4 130 -6 112Z',
      ),
      path(belly, 'M-5 120C14 126 44 128 74 126C92 126 112 132 126 134C98 146 60 152 30 146C10 142 -2 132 -5 120Z'),
      stroke(
        darken(belly, 0.22),
        1.1,
        'M2 128C30 134 66 136 108 133M8 135C36 140 68 142 98 138M18 141C40 145 62 146 84 143',
      ),
      path(lighten(skin, 0.16), 'M14 82C34 70 70 66 100 74C74 74 40 78 14 92Z'),
      path(shade, 'M58 128C62 146 74 162 94 168C98 156 92 138 80 128Z'),
      path(skin, 'M58 126C64 142 76 154 92 160C92 148 86 134 78 126Z'),
      oval(tone('#101522'), 30, 112, 3.6, 3.8),
      oval('#ffffff', 28.8, 110.8, 1.3, 1.3),
      stroke(shade, 1.8, 'M-4 116C8 120 18 120 24 117'),
    ].join('');
  },
};

export const fish: Subject = {
  home: 'underwater',
  stance: 'immersed',
  height: 0.4,
  draw: ({ tone, coat }) => {
    const body = coat('#f2792b');
    const shade = darken(body, 0.22);
    const white = tone('#fff6ea');
    return [
      path(
        shade,
        'M140 100C158 84 172 64 192 58C186 80 184 90 178 100C184 112 188 124 194 144C172 136 156 118 140 106Z',
      ),
      path(shade, 'M70 62C84 40 112 36 134 48C126 56 122 64 124 74Z'),
      path(shade, 'M84 138C92 154 108 160 122 154C116 146 114 140 114 130Z'),
      path(body, 'M14 102C26 74 58 56 92 58C120 60 140 80 152 102C140 124 118 142 90 142C56 142 26 128 14 102Z'),
      path(white, 'M52 66C62 84 62 118 52 136C60 140 68 142 76 142C84 118 84 84 76 59C68 60 60 62 52 66Z'),
      path(white, 'M110 63C118 84 118 118 110 138C118 134 126 128 132 123C136 108 136 94 130 79C124 72 118 66 110 63Z'),
      path(lighten(body, 0.25), 'M20 92C34 74 58 64 80 66C58 72 38 82 24 98Z'),
      path(shade, 'M84 104C98 96 112 102 116 116C102 122 88 118 84 104Z'),
      oval(white, 38, 94, 8.4, 8.8),
      oval(tone('#15131c'), 36.5, 94, 5, 5.4),
      oval('#ffffff', 34.8, 91.8, 1.8, 1.9),
      stroke(shade, 2, 'M16 108C22 112 28 112 32 108'),
    ].join('');
  },
};

export const dolphin: Subject = {
  home: 'sea',
  stance: 'immersed',
  height: 0.42,
  draw: ({ tone, coat }) => {
    const skin = coat('#5f8fb4');
    const shade = darken(skin, 0.28);
    const belly = tone('#f0f5f7');
    return [
      path(
        shade,
        'M160 132C176 134 192 146 198 166C186 160 178 160 172 164C172 176 166 184 156 190C152 172 152 152 156 138Z',
      ),
      path(shade, 'M92 54C102 36 120 28 138 30C128 42 124 54 126 68Z'),
      path(
        skin,
        'M2 112C8 104 18 100 26 96C38 70 66 50 98 52C134 56 160 92 170 136C168 144 160 146 156 142C138 116 116 104 92 106C66 108 48 118 34 116C22 116 10 118 2 112Z',
      ),
      path(
        belly,
        'M4 113C16 112 28 110 40 106C62 98 92 92 118 104C134 112 146 126 156 142C138 116 116 104 92 106C66 108 48 118 34 116C22 116 10 118 4 113Z',
      ),
      path(lighten(skin, 0.2), 'M40 84C56 66 84 56 106 62C84 64 60 72 40 84Z'),
      path(shade, 'M68 104C70 120 80 132 96 136C98 124 94 112 86 104Z'),
      oval(tone('#131722'), 36, 96, 3, 3.2),
      oval('#ffffff', 35, 95, 1.1, 1.1),
    ].join('');
  },
};

export const turtle: Subject = {
  home: 'underwater',
  stance: 'immersed',
  height: 0.46,
  draw: ({ tone, coat }) => {
    const shell = coat('#5f7d3b');
    const skin = tone('#8fae62');
    const seam = darken(shell, 0.35);
    const plates = [
      [78, 88],
      [104, 80],
      [130, 88],
      [90, 108],
      [118, 108],
    ];
    return [
      path(darken(skin, 0.25), 'M140 128C156 138 166 150 168 166C152 164 138 152 130 136Z'),
      path(darken(skin, 0.2), 'M66 122C52 138 34 150 20 176C44 178 72 160 88 134Z'),
      path(skin, 'M156 104C170 106 184 114 192 126C176 130 162 124 152 116Z'),
      blob(skin, [
        [8, 96],
        [18, 82],
        [36, 80],
        [52, 90],
        [60, 104],
        [44, 114],
        [24, 112],
        [10, 106],
      ]),
      blob(shell, [
        [46, 104],
        [62, 76],
        [100, 60],
        [138, 72],
        [164, 106],
        [146, 124],
        [104, 132],
        [64, 124],
      ]),
      path(tone('#e9d9a0'), 'M50 112C74 128 130 130 160 110C150 124 130 132 104 132C80 132 62 126 50 112Z'),
      ...plates.map(
        ([x = 0, y = 0]) =>
          `<path d="M${x - 12} ${y}L${x - 6} ${y - 9}H${x + 7}L${x + 13} ${y}L${x + 6} ${y + 9}H${x - 6}Z" fill="${lighten(shell, 0.16)}" stroke="${seam}" stroke-width="1.6"/>`,
      ),
      path(skin, 'M76 118C74 142 84 166 104 182C112 162 108 138 98 122Z'),
      oval(tone('#16161d'), 26, 93, 3.6, 4),
      oval('#ffffff', 24.8, 91.6, 1.3, 1.4),
    ].join('');
  },
};

export const jellyfish: Subject = {
  home: 'underwater',
  stance: 'immersed',
  height: 0.56,
  draw: ({ coat }) => {
    const bell = coat('#c77be6');
    const bright = lighten(bell, 0.5);
    const arms = [62, 78, 94, 110, 126, 140].map((x, index) =>
      stroke(
        bright,
        index % 2 === 0 ? 4 : 2.2,
        `M${x} 92C${x - 12} 116 ${x + 14} 136 ${x - 2} 158S${x + 10} 186 ${x - 4} 200`,
      ),
    );
    return `<g opacity="0.55">${arms.join('')}</g><g opacity="0.88">${path(bell, 'M36 92C32 44 64 10 100 10S168 44 164 92C154 102 148 88 138 96C128 104 120 90 110 98C100 106 92 90 82 98C72 104 66 90 56 96C48 100 42 98 36 92Z')}</g>${`<g opacity="0.6">${path(bright, 'M52 78C52 46 74 24 98 22C78 36 66 56 66 82Z')}</g>`}${oval(bright, 118, 52, 9, 12, 20)}`;
  },
};
