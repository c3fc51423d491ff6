import { darken, lighten, mix } from '../colour.ts';
import { box, oval, path, stroke } from './shapes.ts';
import type { Subject, Tones } from './subject.ts';

const glass = ({ dark, tone }: Tones) => (dark ? '#ffd67a' : tone('#3a4a63'));

export const castle: Subject = {
  home: 'mountains',
  stance: 'landmark',
  height: 0.56,
  draw: (tones) => {
    const stone = tones.coat('#a8a2ae');
    const shade = darken(stone, 0.26);
    const roof = tones.tone('#3d5a94');
    const pane = glass(tones);
    const tower = (x: number, top: number, wide: number, fill: string) => {
      const teeth = Array.from({ length: 4 }, (_, index) =>
        box(fill, x - wide / 2 - 2 + index * ((wide + 4) / 3.6), top - 5, (wide + 4) / 6, 7),
      ).join('');
      return (
        box(fill, x - wide / 2, top, wide, 200 - top) +
        path(darken(fill, 0.18), `M${x + wide * 0.14} ${top}H${x + wide / 2}V200H${x + wide * 0.14}Z`) +
        box(fill, x - wide / 2 - 3, top, wide + 6, 7) +
        teeth +
        path(roof, `M${x - wide / 2 - 4} ${top - 3}L${x} ${top - wide * 1.75}L${x + wide / 2 + 4} ${top - 3}Z`) +
        path(
          darken(roof, 0.3),
          `M${x + wide * 0.1} ${top - 3}L${x} ${top - wide * 1.75}L${x + wide / 2 + 4} ${top - 3}Z`,
        ) +
        stroke(shade, 1.2, `M${x} ${top - wide * 1.75}V${top - wide * 1.75 - 13}`) +
        path(
          tones.tone('#d8483e'),
          `M${x} ${top - wide * 1.75 - 13}L${x + 13} ${top - wide * 1.75 - 9}L${x} ${top - wide * 1.75 - 5}Z`,
        ) +
        path(pane, `M${x - 3} ${top + 26}V${top + 17}A3 3 0 0 1 ${x + 3} ${top + 17}V${top + 26}Z`)
      );
    };
    return [
      tower(62, 96, 22, shade),
      tower(140, 88, 24, shade),
      tower(102, 62, 28, stone),
      path(stone, 'M22 140H182V200H22Z'),
      path(darken(stone, 0.1), 'M22 170H182V200H22Z'),
      ...Array.from({ length: 12 }, (_, index) => box(stone, 22 + index * 14, 133, 8, 9)),
      tower(30, 116, 26, stone),
      tower(174, 112, 26, stone),
      path(tones.tone('#2a2030'), 'M86 200V172C86 162 94 156 102 156S118 162 118 172V200Z'),
      stroke(tones.tone('#5b4636'), 1.4, 'M92 200V160M99 200V157M106 200V157M113 200V161M86 178H118M86 190H118'),
      ...[56, 74, 132, 150].map((x) => path(pane, `M${x - 3} 164V156A3 3 0 0 1 ${x + 3} 156V164Z`)),
    ].join('');
  },
};

export const house: Subject = {
  home: 'mountains',
  stance: 'landmark',
  height: 0.42,
  draw: (tones) => {
    const wall = tones.coat('#c98a5a');
    const roof = tones.tone('#7a3b34');
    const pane = glass(tones);
    const logs = [132, 146, 160, 174, 188].map((y) => stroke(darken(wall, 0.2), 1.4, `M38 ${y}H162`)).join('');
    const window = (x: number) =>
      box(tones.tone('#fff3df'), x - 15, 136, 30, 28, 2) +
      box(pane, x - 12, 139, 24, 22) +
      stroke(tones.tone('#fff3df'), 2.2, `M${x} 139V161M${x - 12} 150H${x + 12}`);
    return [
      box(tones.tone('#8d7f7a'), 128, 50, 20, 50),
      `<g opacity="0.5">${oval(lighten(tones.light, 0.3), 142, 34, 12, 9)}${oval(lighten(tones.light, 0.3), 154, 18, 16, 11)}${oval(lighten(tones.light, 0.3), 172, 0, 20, 13)}</g>`,
      path(wall, 'M38 118L100 70L162 118V200H38Z'),
      logs,
      path(darken(wall, 0.22), 'M132 94L162 118V200H132Z'),
      path(roof, 'M20 126L100 52L180 126L170 136L100 72L30 136Z'),
      path(lighten(roof, 0.2), 'M20 126L100 52L104 56L26 132Z'),
      window(66),
      window(136),
      path(tones.tone('#5b3526'), 'M88 200V152C88 146 92 142 100 142S112 146 112 152V200Z'),
      oval(tones.tone('#f2c659'), 108, 174, 2, 2),
      oval(pane, 100, 104, 9, 9),
      stroke(tones.tone('#fff3df'), 1.8, 'M100 95V113M91 104H109'),
      box(tones.tone('#9a8f8a'), 82, 196, 36, 6),
    ].join('');
  },
};

export const lighthouse: Subject = {
  home: 'sea',
  stance: 'landmark',
  height: 0.54,
  beams: ({ dark }) => {
    const fade = '<stop offset="0" stop-color="#fff4c4"/><stop offset="1" stop-color="#fff4c4" stop-opacity="0"/>';
    const left = `<linearGradient id="beamLeft" x1="1" y1="0" x2="0" y2="0">${fade}</linearGradient>`;
    const right = `<linearGradient id="beamRight">${fade}</linearGradient>`;
    return `<defs>${left}${right}</defs><g opacity="${dark ? 0.6 : 0.25}"><path d="M100 34L-260 -40V84Z" fill="url(#beamLeft)"/><path d="M100 34L440 -6V82Z" fill="url(#beamRight)"/></g>`;
  },
  draw: (tones) => {
    const white = tones.tone('#f7f3ec');
    const red = tones.coat('#d3402f');
    const lamp = tones.dark ? '#fff2b0' : tones.tone('#ffe9a0');
    const band = (top: number, foot: number) => {
      const half = (y: number) => 15 + ((y - 58) / 142) * 13;
      return path(
        red,
        `M${100 - half(top)} ${top}H${100 + half(top)}L${100 + half(foot)} ${foot}H${100 - half(foot)}Z`,
      );
    };
    return [
      path(white, 'M85 58H115L128 200H72Z'),
      band(80, 106),
      band(134, 162),
      path(mix(red, '#1a1030', 0.5), 'M107 58H115L128 200H112Z').replace('<path', '<path opacity="0.28"'),
      box(tones.tone('#39404f'), 78, 52, 44, 7, 2),
      stroke(tones.tone('#39404f'), 1.4, 'M80 52V44M88 52V44M96 52V44M104 52V44M112 52V44M120 52V44M79 44H121'),
      oval(lamp, 100, 34, 24, 24).replace('<ellipse', '<ellipse opacity="0.35"'),
      box(tones.tone('#39404f'), 88, 22, 24, 30),
      box(lamp, 91, 25, 18, 24),
      stroke(tones.tone('#39404f'), 1.4, 'M97 25V49M103 25V49'),
      path(red, 'M83 23C86 12 94 7 100 5C106 7 114 12 117 23Z'),
      stroke(tones.tone('#39404f'), 2, 'M100 6V-4'),
      path(tones.tone('#4b2d28'), 'M92 200V182C92 176 96 174 100 174S108 176 108 182V200Z'),
      ...[70, 118, 148].map((y) => path(glass(tones), `M97 ${y + 10}V${y + 3}A3 3 0 0 1 103 ${y + 3}V${y + 10}Z`)),
    ].join('');
  },
};

export const windmill: Subject = {
  home: 'meadow',
  stance: 'landmark',
  height: 0.52,
  draw: (tones) => {
    const wall = tones.coat('#efe4d2');
    const wood = tones.tone('#6b4630');
    const sail = `<g><path d="M-2 0V-84H2V0Z" fill="${wood}"/><path d="M2 -82H22V-22H2Z" fill="${tones.tone('#fffaf0')}" stroke="${wood}" stroke-width="1.4"/><path d="M2 -67H22M2 -52H22M2 -37H22M12 -82V-22" stroke="${wood}" stroke-width="1" fill="none"/></g>`;
    return [
      path(wall, 'M76 92H124L138 200H62Z'),
      path(darken(wall, 0.2), 'M112 92H124L138 200H118Z'),
      path(tones.tone('#8a4a38'), 'M70 94C72 70 86 58 100 58S128 70 130 94Z'),
      path(glass(tones), 'M94 132V122A6 6 0 0 1 106 122V132Z'),
      path(wood, 'M90 200V178C90 170 94 166 100 166S110 170 110 178V200Z'),
      ...[18, 108, 198, 288].map((turn) => `<g transform="translate(100 82) rotate(${turn})">${sail}</g>`),
      oval(wood, 100, 82, 6, 6),
    ].join('');
  },
};
