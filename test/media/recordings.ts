/** The recordings beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { skip } from '../support/skip.ts';

const FOLDER = new URL('../../../shared/media/', import.meta.url);

/** What is known about a recording from its own documentation and from independent tools. */
export interface Recording {
  readonly file: string;
  readonly documents: number;
  readonly clusters: number;
  /** Whole blocks by track number. */
  readonly blocks: Readonly<Record<number, number>>;
  readonly tagsElements: number;
  readonly tagNames: number;
  readonly fragments: number;
  /** True when the recording ends inside a block. */
  readonly isCut?: boolean;
}

export const RECORDINGS: readonly Recording[] = [
  { file: 'clusters.mkv', documents: 1, clusters: 8, blocks: { 1: 444 }, tagsElements: 1, tagNames: 4, fragments: 8 },
  {
    file: 'empty-mkv-with-tags.mkv',
    documents: 1,
    clusters: 0,
    blocks: {},
    tagsElements: 1,
    tagNames: 3,
    fragments: 1,
  },
  {
    file: 'output-get-media-equal-timecode.mkv',
    documents: 2,
    clusters: 2,
    blocks: { 1: 239 },
    tagsElements: 5,
    tagNames: 22,
    fragments: 1,
    isCut: true,
  },
  {
    file: 'output_get_media.mkv',
    documents: 5,
    clusters: 5,
    blocks: { 1: 300 },
    tagsElements: 15,
    tagNames: 60,
    fragments: 5,
  },
  {
    file: 'putmedia-native-h264-aac.mkv',
    documents: 1,
    clusters: 3,
    blocks: { 1: 100, 2: 200 },
    tagsElements: 1,
    tagNames: 1,
    fragments: 3,
  },
  {
    file: 'putmedia-native-h264.mkv',
    documents: 1,
    clusters: 2,
    blocks: { 1: 74 },
    tagsElements: 20,
    tagNames: 20,
    fragments: 2,
  },
  {
    file: 'test_mixed_tags.mkv',
    documents: 10,
    clusters: 10,
    blocks: { 1: 100 },
    tagsElements: 75,
    tagNames: 105,
    fragments: 10,
  },
  {
    file: 'test_tags_empty_cluster.mkv',
    documents: 1,
    clusters: 0,
    blocks: {},
    tagsElements: 5,
    tagNames: 5,
    fragments: 1,
  },
];

/** Path of a recording, or null after naming the skipped test. */
export function recordingPath(file: string, testName: string): string | null {
  const url = new URL(file, FOLDER);
  if (existsSync(url)) return url.pathname;
  skip(testName, `${file} is not beside the repository`);
  return null;
}

/** Bytes of a recording, or null after naming the skipped test. */
export function readRecording(file: string, testName: string): Uint8Array | null {
  const path = recordingPath(file, testName);
  return path === null ? null : new Uint8Array(readFileSync(path));
}
