import { expect, test } from 'vitest';
import { type Room, reserveOf, roomOf } from '../../../src/pipeline/space.ts';

test('runs are refused below the reserve, turns below a quarter of it, and each goes on only with a fifth more', () => {
  const rooms: Room[] = [];
  let room: Room = 'ample';
  for (const free of [1_000, 999, 1_100, 1_199, 1_200, 250, 249, 299, 300, 1_300]) {
    room = roomOf(room, free, 1_000);
    rooms.push(room);
  }
  expect(rooms).toEqual(['ample', 'low', 'low', 'low', 'ample', 'low', 'critical', 'critical', 'low', 'ample']);
});

test('the reserve is 500 MB, or a twentieth of a small disk, or what the operator says', () => {
  expect(reserveOf(null, 1e12)).toBe(500_000_000);
  expect(reserveOf(null, 1e9)).toBe(50_000_000);
  expect(reserveOf(2_000_000, 1e12)).toBe(2_000_000);
  // Nothing is less than nothing.
  expect(roomOf('ample', 0, reserveOf(0, 1e12))).toBe('ample');
});
