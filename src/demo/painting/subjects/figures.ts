import { darken, lighten } from '../colour.ts';
import { box, mirrored, oval, path, stroke } from './shapes.ts';
import type { Subject } from './subject.ts';

/** A traveller seen from behind, looking into the distance; the scarf tells the wind. */
export const person: Subject = {
  home: 'mountains',
  stance: 'ground',
  height: 0.44,
  draw: ({ tone, coat }) => {
    const cloth = coat('#33506e');
    const shade = darken(cloth, 0.3);
    const scarf = tone('#e0503f');
    return [
      path(
        tone('#2a2430'),
        'M84 148H98V192C98 196 96 199 92 199H80C80 194 84 192 86 190ZM104 148H118L116 190C118 192 122 194 122 199H110C106 199 104 196 104 192Z',
      ),
      path(scarf, 'M110 60C132 56 150 66 172 58C164 70 168 74 180 78C158 84 134 80 112 72Z'),
      path(darken(scarf, 0.25), 'M110 68C128 72 146 80 160 92C142 92 122 84 108 76Z'),
      path(
        cloth,
        'M80 62C90 56 112 56 122 62C132 72 136 100 138 126C140 142 142 152 140 158C116 166 86 166 62 158C60 152 62 142 64 126C66 100 70 72 80 62Z',
      ),
      path(
        shade,
        'M112 58C122 60 128 66 132 82C136 100 138 126 140 158C130 162 120 163 112 164C118 130 118 90 112 58Z',
      ),
      path(shade, 'M70 84C62 104 58 124 60 142C66 144 70 142 72 138C74 120 76 104 78 92Z'),
      stroke(shade, 1.8, 'M101 74V162'),
      path(tone('#6b4a32'), 'M84 78H118V116C118 122 114 124 108 124H94C88 124 84 122 84 116Z'),
      path(tone('#8a6244'), 'M84 78H118V92C110 97 92 97 84 92Z'),
      path(scarf, 'M82 58C92 52 110 52 120 58C122 66 120 70 116 72C106 76 96 76 86 72C82 70 80 66 82 58Z'),
      oval(tone('#e8b48e'), 101, 42, 17, 19),
      path(tone('#3a2420'), 'M101 20C116 20 124 32 122 46C120 58 112 60 101 60S82 58 80 46C78 32 86 20 101 20Z'),
      path(tone('#57362c'), 'M92 24C86 30 84 40 86 52C90 44 90 34 96 24Z'),
    ].join('');
  },
};

export const astronaut: Subject = {
  home: 'space',
  stance: 'ground',
  height: 0.52,
  draw: ({ tone, coat }) => {
    const suit = coat('#eceff4');
    const shade = darken(suit, 0.2);
    const trim = tone('#f07a3a');
    const arm =
      path(suit, 'M66 92C48 96 34 112 26 132C22 142 30 150 40 146C50 130 60 122 72 118Z') +
      oval(trim, 32, 140, 9, 8) +
      path(suit, 'M24 138C18 146 20 158 30 158C38 158 42 150 40 144Z');
    const leg =
      path(suit, 'M74 144C70 160 70 174 72 186H96C98 172 98 158 98 146Z') +
      box(trim, 71, 178, 26, 6, 2) +
      path(shade, 'M68 184H98V196C98 200 94 200 90 200H66C64 192 64 188 68 184Z');
    return [
      box(shade, 58, 66, 84, 72, 16),
      arm,
      mirrored(arm, 100),
      leg,
      mirrored(leg, 100),
      path(suit, 'M70 82C82 76 118 76 130 82C136 102 136 132 130 150C116 156 84 156 70 150C64 132 64 102 70 82Z'),
      path(
        shade,
        'M116 78C124 79 128 80 130 82C136 102 136 132 130 150C126 152 121 153 116 154C122 130 122 102 116 78Z',
      ),
      box(tone('#c6ccd8'), 82, 104, 36, 24, 4),
      oval('#ff5a4f', 90, 112, 3, 3),
      oval('#59d98c', 100, 112, 3, 3),
      oval('#ffd34d', 110, 112, 3, 3),
      box(shade, 86, 119, 28, 4, 2),
      oval(suit, 100, 46, 40, 40),
      path(shade, 'M116 10C134 18 142 36 139 54C136 72 124 84 108 86C126 70 130 36 116 10Z'),
      path('#1b2a4a', 'M100 24C122 24 130 34 130 50C130 66 118 74 100 74S70 66 70 50C70 34 78 24 100 24Z'),
      path(
        '#5fa8e8',
        'M100 24C122 24 130 34 130 50C130 54 129 57 128 60C122 44 100 38 74 60C71 57 70 54 70 50C70 34 78 24 100 24Z',
      ),
      path('#ffffff', 'M82 32C76 36 74 42 74 48C78 42 84 36 92 34C90 30 86 30 82 32Z'),
    ].join('');
  },
};

export const robot: Subject = {
  home: 'city',
  stance: 'ground',
  height: 0.5,
  draw: ({ tone, coat, dark }) => {
    const metal = coat('#7fa8b8');
    const shade = darken(metal, 0.3);
    const bright = lighten(metal, 0.3);
    const glow = dark ? '#6ff7ff' : '#38d6e8';
    const arm =
      stroke(shade, 10, 'M64 104C48 112 42 130 44 148') +
      oval(metal, 64, 104, 9, 9) +
      path(bright, 'M34 148C32 162 36 170 42 172L44 162L48 172C54 168 56 158 54 148Z');
    const leg = stroke(shade, 11, 'M84 156V182') + path(metal, 'M66 200C66 188 74 182 84 182S100 188 100 200Z');
    return [
      stroke(shade, 3, 'M100 22V8'),
      oval('#ff6b5c', 100, 7, 5.5, 5.5),
      arm,
      mirrored(arm, 100),
      leg,
      mirrored(leg, 100),
      box(shade, 88, 74, 24, 18, 4),
      box(metal, 62, 86, 76, 74, 18),
      path(shade, 'M120 86C130 86 138 94 138 104V142C138 152 130 160 120 160H108C120 150 124 110 120 86Z'),
      box(bright, 76, 102, 48, 34, 8),
      stroke(tone('#2c4252'), 2.4, 'M82 124L90 124L95 110L102 130L107 120L118 120'),
      box(metal, 52, 20, 96, 58, 20),
      path(shade, 'M130 20C142 20 148 30 148 40V58C148 70 140 78 130 78H114C132 70 138 40 130 20Z'),
      box('#152232', 62, 32, 76, 34, 15),
      oval(glow, 82, 49, 8, 9),
      oval(glow, 118, 49, 8, 9),
      oval('#ffffff', 79.5, 45.5, 2.6, 3),
      oval('#ffffff', 115.5, 45.5, 2.6, 3),
      stroke(glow, 2.4, 'M94 58C98 61 102 61 106 58'),
      box(shade, 44, 38, 9, 22, 4),
      box(shade, 147, 38, 9, 22, 4),
    ].join('');
  },
};
