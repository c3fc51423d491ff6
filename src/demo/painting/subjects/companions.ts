import { darken, lighten } from '../colour.ts';
import { blob, mirrored, oval, path, stroke } from './shapes.ts';
import type { Subject, Tones } from './subject.ts';

/** A cat that sits and looks at us. */
export const cat: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.46,
  draw: ({ tone, coat }) => {
    const fur = coat('#6b6472');
    const shade = darken(fur, 0.28);
    const bright = lighten(fur, 0.16);
    const white = tone('#fbf4ec');
    const ink = tone('#1c1722');
    const ear =
      path(fur, 'M48 66C44 46 46 26 50 14C62 20 74 32 82 44Z') +
      path(tone('#e9a8a0'), 'M53 54C51 42 52 32 54 26C62 31 69 38 74 45Z');
    const eye =
      oval(tone('#d7e36b'), 68, 68, 8, 8.6) + oval(ink, 68, 68.5, 3, 7.4) + oval('#ffffff', 65.6, 65, 1.8, 2.2);
    const whiskers = stroke(white, 1, 'M62 84L34 79M62 88L33 90');
    return [
      stroke(shade, 15, 'M132 186C176 194 192 158 176 132C168 118 172 104 182 100'),
      stroke(fur, 12, 'M132 184C174 190 188 156 173 131C166 118 170 106 180 101'),
      path(fur, 'M62 96C48 122 42 156 47 184C49 195 58 199 72 199H122C140 199 147 188 144 170C139 140 124 112 108 92Z'),
      path(
        shade,
        'M108 92C124 112 139 140 144 170C147 188 140 199 122 199H112C128 184 130 160 122 138C116 122 106 108 98 98Z',
      ),
      path(white, 'M70 98C66 118 70 138 80 150C90 140 98 122 98 98Z'),
      path(bright, 'M60 130C54 152 56 176 57 188C53 192 52 195 52 199H79C80 182 80 164 78 150C70 146 64 140 60 130Z'),
      path(
        fur,
        'M104 130C108 152 106 176 105 188C110 192 111 195 111 199H86C85 182 85 164 84 150C92 146 100 140 104 130Z',
      ),
      path(white, 'M52 199C52 191 57 188 65 188S79 191 79 199ZM86 199C86 191 90 188 98 188S111 191 111 199Z'),
      ear,
      mirrored(ear, 85),
      path(fur, 'M85 36C110 36 127 50 128 70C128 90 108 104 85 104C62 104 42 90 42 70C43 50 60 36 85 36Z'),
      path(shade, 'M85 36C110 36 127 50 128 70C128 90 108 104 85 104C102 96 108 84 106 70C104 52 96 42 85 36Z'),
      path(white, 'M85 76C92 76 106 84 104 92C100 100 92 104 85 104C78 104 70 100 66 92C64 84 78 76 85 76Z'),
      stroke(shade, 3, 'M85 40V54M75 41L77 52M95 41L93 52'),
      eye,
      mirrored(eye, 85),
      path(tone('#d9827c'), 'M80 82H90L85 88Z'),
      stroke(ink, 1.4, 'M85 88V92C82 96 78 96 76 94M85 92C88 96 92 96 94 94'),
      whiskers,
      mirrored(whiskers, 85),
    ].join('');
  },
};

/** A dog that sits, ears hanging, pleased to see us. */
export const dog: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.48,
  draw: ({ tone, coat }) => {
    const fur = coat('#c98b4e');
    const shade = darken(fur, 0.26);
    const dark = darken(fur, 0.45);
    const white = tone('#fdf3e6');
    const ink = tone('#221a1c');
    const ear = path(dark, 'M58 40C40 40 30 62 33 88C34 100 44 104 51 96C60 84 62 66 66 52Z');
    return [
      path(shade, 'M136 178C160 174 176 152 180 124C190 130 192 152 180 172C168 190 148 196 132 194Z'),
      path(
        fur,
        'M64 100C50 124 44 156 48 184C50 195 58 199 72 199H124C142 199 150 186 146 168C140 140 126 114 108 96Z',
      ),
      path(
        shade,
        'M108 96C126 114 140 140 146 168C150 186 142 199 124 199H112C128 182 128 160 120 138C114 122 104 110 98 102Z',
      ),
      path(white, 'M70 100C66 124 72 146 82 158C92 146 100 124 98 100Z'),
      path(fur, 'M62 124C54 150 56 176 57 188C53 192 52 195 52 199H79C81 182 80 164 78 150Z'),
      path(fur, 'M104 124C110 150 106 176 105 188C110 192 111 195 111 199H86C85 182 85 164 86 150Z'),
      path(white, 'M52 199C52 190 57 186 65 186S79 190 79 199ZM86 199C86 190 90 186 98 186S111 190 111 199Z'),
      path(tone('#d94f45'), 'M62 104C74 114 96 114 108 102L110 110C98 122 72 122 60 112Z'),
      oval(tone('#ffd35c'), 85, 121, 5, 5.4),
      path(fur, 'M84 28C106 28 118 44 118 64C118 90 104 106 84 106C64 106 50 90 50 64C50 44 62 28 84 28Z'),
      path(
        white,
        'M84 28C90 40 90 56 94 68C104 74 106 84 102 92C98 101 92 106 84 106C76 106 70 101 66 92C62 84 64 74 74 68C78 56 78 40 84 28Z',
      ),
      ear,
      mirrored(ear, 84),
      oval(ink, 68, 62, 5, 6),
      oval(ink, 100, 62, 5, 6),
      oval('#ffffff', 66.5, 59.8, 1.7, 1.9),
      oval('#ffffff', 98.5, 59.8, 1.7, 1.9),
      path(ink, 'M74 78C76 72 92 72 94 78C94 84 88 88 84 88C80 88 74 84 74 78Z'),
      path(tone('#e57a80'), 'M78 95H90C91 106 89 112 84 112S77 106 78 95Z'),
      stroke(ink, 1.8, 'M84 88V93C80 98 73 97 70 92M84 93C88 98 95 97 98 92'),
    ].join('');
  },
};

/** A wolf that sits and howls. */
export const wolf: Subject = {
  home: 'mountains',
  stance: 'ground',
  height: 0.46,
  draw: ({ tone, coat }) => {
    const fur = coat('#6d7480');
    const shade = darken(fur, 0.34);
    const bright = lighten(fur, 0.32);
    return [
      blob(shade, [
        [140, 176],
        [166, 178],
        [188, 164],
        [198, 172],
        [188, 192],
        [160, 199],
        [132, 199],
      ]),
      path(
        fur,
        'M44 12C56 16 68 22 76 30C80 26 92 22 104 26C104 36 100 42 96 46C108 60 116 76 122 92C140 110 154 136 156 166C157 180 160 190 164 199H104C98 199 96 194 100 190L88 199H60C58 193 62 188 70 187C74 172 74 160 70 146C58 132 54 110 58 90C58 74 58 62 60 52C54 46 46 34 40 22C46 24 54 28 60 34C58 26 50 18 44 12Z',
      ),
      path(
        shade,
        'M122 92C140 110 154 136 156 166C157 180 160 190 164 199H118C136 186 136 162 124 150C112 140 108 120 110 104Z',
      ),
      path(
        bright,
        'M60 52C66 66 70 80 72 96C74 116 80 134 76 150C76 164 76 176 74 187C74 172 74 160 70 146C58 132 54 110 58 90C58 74 58 62 60 52Z',
      ),
      path(bright, 'M40 22C46 24 54 28 60 34L64 48C56 44 46 34 40 22Z'),
      path(shade, 'M84 199C92 190 96 176 94 160C102 170 104 184 100 190C96 194 98 199 104 199Z'),
      path(shade, 'M90 30C96 28 100 28 102 29C102 34 99 38 96 41C93 38 91 34 90 30Z'),
      path(tone('#17151d'), 'M42 10C47 10 50 13 49 16C46 17 43 15 42 10Z'),
      stroke(tone('#17151d'), 2, 'M66 30C69 31 71 32 73 34'),
    ].join('');
  },
};

/** A rabbit in profile. */
export const rabbit: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.34,
  draw: ({ tone, coat }: Tones) => {
    const fur = coat('#b58e6c');
    const shade = darken(fur, 0.22);
    const pale = lighten(fur, 0.5);
    const ink = tone('#2a1c1c');
    return [
      oval(shade, 92, 62, 11, 44, 14),
      oval(fur, 74, 60, 12, 45, -4),
      oval(tone('#eab2a6'), 73, 62, 6, 35, -4),
      oval(tone('#fffaf4'), 176, 158, 16, 15),
      blob(fur, [
        [58, 122],
        [82, 108],
        [116, 108],
        [150, 122],
        [172, 152],
        [170, 184],
        [140, 198],
        [100, 196],
        [72, 190],
        [58, 160],
      ]),
      oval(shade, 142, 166, 33, 32),
      oval(fur, 139, 167, 31, 30),
      oval(fur, 66, 116, 33, 29, -8),
      oval(pale, 54, 126, 18, 15),
      path(pale, 'M62 146C60 168 70 188 84 192C92 176 88 156 80 146Z'),
      path(fur, 'M66 170C64 184 60 192 54 199H88C92 188 90 176 86 166Z'),
      path(shade, 'M112 190C130 184 158 188 166 199H108C104 195 106 192 112 190Z'),
      oval(ink, 62, 108, 5.4, 6.4),
      oval('#ffffff', 60, 105.6, 1.9, 2.2),
      path(tone('#d98880'), 'M34 116C36 112 42 112 43 116C42 120 37 121 34 116Z'),
      stroke(pale, 1, 'M44 124L22 128M45 127L25 136'),
    ].join('');
  },
};
