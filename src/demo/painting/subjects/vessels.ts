import { darken, lighten } from '../colour.ts';
import { box, oval, path, stroke } from './shapes.ts';
import type { Subject } from './subject.ts';

export const boat: Subject = {
  home: 'sea',
  stance: 'afloat',
  height: 0.5,
  draw: ({ tone, coat, light }) => {
    const hull = coat('#8a4a32');
    const canvas = tone('#fdf4e3');
    return [
      stroke(tone('#4a3226'), 4, 'M104 168V12'),
      path(canvas, 'M98 20C70 60 44 110 30 152C52 156 78 154 98 148Z'),
      path(darken(canvas, 0.12), 'M98 20C90 60 84 110 80 152C86 151 92 150 98 148Z'),
      path(canvas, 'M110 30C140 62 162 106 170 146C150 154 128 154 110 150Z'),
      path(darken(canvas, 0.16), 'M110 30C122 70 128 112 128 153C122 153 116 152 110 150Z'),
      path(tone('#d8483e'), 'M104 12L126 18L104 24Z'),
      path(hull, 'M16 162C70 170 130 170 188 158C184 178 172 194 154 198H56C36 194 22 182 16 162Z'),
      path(lighten(hull, 0.25), 'M16 162C70 170 130 170 188 158L186 167C130 178 70 178 20 171Z'),
      path(darken(hull, 0.3), 'M28 184C70 190 140 190 176 182C170 190 164 195 154 198H56C44 195 34 190 28 184Z'),
      `<g opacity="0.6">${path(light, 'M-6 196C30 188 60 200 100 195S170 188 208 196C170 204 140 200 100 203S30 204 -6 196Z')}</g>`,
    ].join('');
  },
};

/** A boat folded from one sheet: two high ends, a sail between them, creases, and a reflection in the water. */
export const paperBoat: Subject = {
  home: 'lake',
  stance: 'afloat',
  height: 0.4,
  draw: ({ tone, coat, light }) => {
    const paper = coat('#fdfaf2');
    const crease = darken(paper, 0.2);
    return [
      `<g opacity="0.35">${path(paper, 'M44 198H156L132 226H68Z')}</g>`,
      path(paper, 'M100 44L140 136H60Z'),
      path(darken(paper, 0.13), 'M100 44L140 136H100Z'),
      path(darken(paper, 0.08), 'M8 104L100 150L192 104L156 198H44Z'),
      path(paper, 'M8 104L100 150V198H44Z'),
      path(darken(paper, 0.16), 'M100 150L192 104L156 198H100Z'),
      stroke(crease, 1.2, 'M100 44V136M8 104L44 198M192 104L156 198M60 136L100 150L140 136'),
      stroke(tone('#8fb3d9'), 0.8, 'M34 138L94 168M38 152L94 180M42 166L94 190'),
      `<g opacity="0.55">${stroke(light, 2, 'M14 200C50 194 80 206 110 200S170 196 190 201')}</g>`,
    ].join('');
  },
};

export const rocket: Subject = {
  home: 'space',
  stance: 'air',
  height: 0.62,
  draw: ({ tone, coat }) => {
    const body = tone('#f2f3f7');
    const red = coat('#e2493c');
    const shade = darken(body, 0.22);
    return `<g transform="rotate(-24 100 100)">${[
      path('#ff8a2b', 'M80 158C74 180 86 200 100 226C114 200 126 180 120 158Z'),
      path('#ffe27a', 'M88 158C84 174 92 188 100 204C108 188 116 174 112 158Z'),
      path(
        red,
        'M72 112C52 122 42 142 42 166C54 154 66 150 78 150ZM128 112C148 122 158 142 158 166C146 154 134 150 122 150Z',
      ),
      path(body, 'M100 2C124 24 134 60 132 96C130 122 126 144 122 158H78C74 144 70 122 68 96C66 60 76 24 100 2Z'),
      path(shade, 'M100 2C124 24 134 60 132 96C130 122 126 144 122 158H106C118 110 118 50 100 2Z'),
      path(red, 'M100 2C112 13 120 28 126 44C110 50 90 50 74 44C80 28 88 13 100 2Z'),
      path(darken(red, 0.25), 'M100 2C112 13 120 28 126 44C121 46 116 47 111 48C110 30 106 14 100 2Z'),
      oval(shade, 100, 76, 19, 19),
      oval(tone('#2d5f94'), 100, 76, 14, 14),
      path(tone('#a9dcf5'), 'M89 74C90 66 96 62 103 63C97 67 93 72 92 80Z'),
      path(darken(red, 0.15), 'M95 116H105V166C105 170 95 170 95 166Z'),
      box(tone('#5a5f70'), 80, 154, 40, 8, 3),
    ].join('')}</g>`;
  },
};

export const car: Subject = {
  home: 'city',
  stance: 'ground',
  height: 0.34,
  beams: ({ dark }) => (dark ? `<g opacity="0.4">${path('#fff1b8', 'M-4 146L-150 128V196L-4 158Z')}</g>` : ''),
  draw: ({ tone, coat }) => {
    const paint = coat('#d8392f');
    const shade = darken(paint, 0.28);
    const pane = tone('#a8d4e8');
    const wheel = (x: number) =>
      oval(tone('#1d1b22'), x, 176, 22, 22) +
      oval(tone('#c9ccd4'), x, 176, 12, 12) +
      oval(tone('#5a5d68'), x, 176, 5, 5);
    return [
      path(
        paint,
        'M-8 152C-8 140 6 134 30 130C44 110 62 98 96 96C134 94 154 108 172 130C196 132 208 140 208 156C208 168 204 176 196 178H4C-6 176 -8 166 -8 152Z',
      ),
      path(shade, 'M-8 158C60 166 140 166 208 158C208 170 204 176 196 178H4C-4 176 -8 168 -8 158Z'),
      path(pane, 'M46 130C56 114 70 106 92 105V130Z'),
      path(pane, 'M100 105C126 104 142 114 154 130H100Z'),
      path(lighten(pane, 0.5), 'M58 130L76 108L84 106L66 130ZM112 130L122 107L130 109L120 130Z'),
      stroke(shade, 2, 'M96 132V170'),
      box(tone('#e9e3d8'), 102, 140, 14, 4, 2),
      oval('#fff3bf', 0, 148, 7, 6),
      box('#ff5a4a', 200, 144, 8, 10, 3),
      wheel(42),
      wheel(158),
    ].join('');
  },
};

export const train: Subject = {
  home: 'mountains',
  stance: 'ground',
  height: 0.4,
  draw: ({ tone, coat, dark, light }) => {
    const paint = coat('#2f5d50');
    const brass = tone('#e2b04a');
    const iron = tone('#26242c');
    const pane = dark ? '#ffd67a' : tone('#bfe0ee');
    const wheel = (x: number, r: number) =>
      oval(iron, x, 190 - r, r, r) +
      oval(tone('#a03a30'), x, 190 - r, r * 0.66, r * 0.66) +
      oval(brass, x, 190 - r, r * 0.2, r * 0.2);
    const puffs = [
      [34, 34, 16],
      [54, 12, 22],
      [88, -6, 27],
      [130, -16, 31],
    ]
      .map(([x = 0, y = 0, r = 0]) => oval(lighten(light, 0.35), x, y, r, r * 0.78))
      .join('');
    return [
      `<g opacity="0.55">${puffs}</g>`,
      box(iron, -60, 192, 340, 5),
      path(paint, 'M178 84H262V170H178Z'),
      box(darken(paint, 0.3), 174, 78, 92, 8, 3),
      ...[186, 212, 238].map((x) => box(pane, x, 100, 18, 28, 2)),
      path(iron, 'M26 62H50L46 96H30Z'),
      box(iron, 22, 56, 32, 8, 3),
      path(brass, 'M74 96C74 82 92 82 92 96Z'),
      box(paint, 10, 96, 104, 56, 10),
      path(darken(paint, 0.25), 'M10 132H114V152H20C14 152 10 148 10 142Z'),
      ...[36, 64, 92].map((x) => box(brass, x, 96, 3, 56)),
      oval(iron, 10, 124, 7, 24),
      box(paint, 112, 66, 54, 90, 3),
      box(darken(paint, 0.3), 106, 58, 66, 10, 4),
      box(pane, 122, 80, 34, 30, 3),
      oval(dark ? '#fff2b0' : brass, 12, 88, 8, 8),
      path(tone('#a03a30'), 'M-8 190L12 156H30V190Z'),
      box(iron, 6, 152, 260, 10),
      ...[44, 78].map((x) => wheel(x, 15)),
      wheel(132, 24),
      ...[190, 248].map((x) => wheel(x, 13)),
      stroke(brass, 3, 'M44 176H132'),
    ].join('');
  },
};

export const balloon: Subject = {
  home: 'mountains',
  stance: 'air',
  height: 0.56,
  draw: ({ tone, coat }) => {
    const base = coat('#e2493c');
    const stripes = [base, tone('#fbe9c6'), tone('#f2a83a')] as const;
    const gores = [-52, -38, -19, 0, 19, 38, 52];
    const panels = gores.slice(0, -1).map((left, index) => {
      const right = gores[index + 1] ?? left;
      const fill = stripes[index % 3] ?? base;
      return path(
        darken(fill, index > 3 ? 0.16 : index < 1 ? 0.05 : 0),
        `M100 4C${100 + left * 1.9} 8 ${100 + left * 1.9} 92 ${100 + left * 0.32} 138L${100 + right * 0.32} 138C${100 + right * 1.9} 92 ${100 + right * 1.9} 8 100 4Z`,
      );
    });
    return [
      ...panels,
      path(tone('#ffffff'), 'M66 24C54 40 52 62 60 84C62 62 66 42 76 24Z').replace('<path', '<path opacity="0.3"'),
      stroke(tone('#5b3a28'), 1.3, 'M84 138L90 172M116 138L110 172M95 138L97 172M105 138L103 172'),
      path('#ffcf5a', 'M96 152C94 146 98 142 100 138C102 142 106 146 104 152Z'),
      path(tone('#8a5a34'), 'M87 172H113L110 194C110 198 90 198 90 194Z'),
      stroke(tone('#5b3a28'), 1.2, 'M88 179H112M89 186H111'),
    ].join('');
  },
};
