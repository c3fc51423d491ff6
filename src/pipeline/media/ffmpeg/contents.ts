import type { Input } from './arguments.ts';
import { checked, dictionaryOf, type Native } from './native.ts';

/** The facts about a file that its graph depends on. */
export type Contents = {
  hasVideo: boolean;
  hasAudio: boolean;
  /** The time of the first frame. */
  startSeconds: number;
  /** How the pictures are turned upright, as a filter; null: they are. */
  turn: string | null;
};

const videoType = 0;
const audioType = 1;
const displayMatrix = 5;
const startIsUnknown = -(2n ** 63n);
const turns: Record<number, string> = { 90: 'transpose=clock', 180: 'hflip,vflip', 270: 'transpose=cclock' };

/** Looks into a file without decoding it. Throws in FFmpeg's words. */
export function contentsOf(native: Native, { path, raw }: Input): Contents {
  if (raw !== null) return { hasVideo: true, hasAudio: false, startSeconds: 0, turn: null };
  const file = new native.FormatContext();
  file.allocContext();
  const options = dictionaryOf(native, { protocol_whitelist: 'file' });
  checked(native, file.openInputSync(`file:${path}`, null, options), path);
  try {
    checked(native, file.findStreamInfoSync(null), path);
    const streams = file.streams ?? [];
    const video = streams.find(({ codecpar }) => codecpar.codecType === videoType);
    return {
      hasVideo: video !== undefined,
      hasAudio: streams.some(({ codecpar }) => codecpar.codecType === audioType),
      startSeconds: file.startTime === startIsUnknown ? 0 : Number(file.startTime) / 1e6,
      turn: turnOf(video?.codecpar.getCodedSideData(displayMatrix) ?? null),
    };
  } finally {
    file.closeInputSync();
  }
}

/** A matrix of 32-bit numbers says how a player turns the pictures. Its first two are cosine and sine of the angle. */
function turnOf(matrix: Buffer | null): string | null {
  if (matrix === null || matrix.length < 8) return null;
  const degrees = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  return turns[Math.round((degrees + 360) % 360)] ?? null;
}
