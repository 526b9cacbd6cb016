/** What a strict reader holds a document to. */
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import type { MkvReaderOptions } from '../../../sdk/core/mkv-reader.ts';
import {
  bytesOf,
  cluster,
  element,
  openElement,
  simpleBlock,
  streamHeader,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';
import type { LimitRow } from './limit-row.ts';
import { FAULT, faults, finishes } from './reading.ts';

const HEADER = streamHeader();
const STRICT: MkvReaderOptions = { strict: true };

const header = (...elements: readonly Uint8Array[]): Uint8Array =>
  bytesOf(element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska'), ...elements), openElement(id.SEGMENT));

/** A stream whose segment is called so. */
const titled = (bytes: number): Uint8Array => bytesOf(HEADER, element(id.INFO, element(id.TITLE, 'x'.repeat(bytes))));
const tagged = (nameBytes: number, valueBytes: number): Uint8Array =>
  bytesOf(HEADER, tags(['n'.repeat(nameBytes), 'x'.repeat(valueBytes)]));
/** A header with so many tracks, numbered from 1. */
const tracked = (count: number): Uint8Array =>
  streamHeader({ trackNumbers: Array.from({ length: count }, (_, index) => index + 1) });
const timed = (...timecode: readonly number[]): Uint8Array =>
  bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, timecode));

export const STRICT_READER_LIMITS: readonly LimitRow[] = [
  {
    limit: 'text, strict',
    value: 'the longest value, 4096 bytes unless stated',
    ...FAULT,
    inside: {
      '4096': finishes(titled(4096), STRICT, (reader) => {
        if (reader.elementId === id.TITLE) assert.is(reader.text().length, 4096);
      }),
      '8 of 8': finishes(titled(8), { ...STRICT, maxValueBytes: 8 }),
      '4097, not strict': finishes(titled(4097)),
    },
    outside: {
      '4097': faults('text-too-long', titled(4097), STRICT),
      '9 of 8': faults('text-too-long', titled(9), { ...STRICT, maxValueBytes: 8 }),
    },
  },
  {
    limit: 'name and value of a tag, strict',
    value: 'the longest value, 4096 bytes unless stated',
    status: 'STATUS_ACK_ERR_FRAGMENT_METADATA_LIMIT_REACHED',
    number: 0x52000075,
    inside: {
      '4096': finishes(tagged(4096, 4096), STRICT, (reader) => {
        if (reader.elementId === id.TAG_STRING) assert.is(reader.text().length, 4096);
      }),
      '4097, not strict': finishes(tagged(4097, 4097)),
    },
    outside: {
      'name of 4097': faults('text-too-long', tagged(4097, 0), STRICT),
      'value of 4097': faults('text-too-long', tagged(1, 4097), STRICT),
    },
  },
  {
    limit: 'tracks of a document, strict',
    value: '3 unless stated',
    status: 'STATUS_ACK_ERR_MORE_THAN_ALLOWED_TRACKS_FOUND',
    number: 0x5200007e,
    inside: {
      '3': finishes(tracked(3), STRICT),
      '1 of 1': finishes(tracked(1), { ...STRICT, maxTracks: 1 }),
      '32 of 32': finishes(tracked(32), { ...STRICT, maxTracks: 32 }),
      '4, not strict': finishes(tracked(4)),
    },
    outside: {
      '4': faults('too-many-tracks', tracked(4), STRICT),
      '2 of 1': faults('too-many-tracks', tracked(2), { ...STRICT, maxTracks: 1 }),
      '33 of 32': faults('too-many-tracks', tracked(33), { ...STRICT, maxTracks: 32 }),
    },
  },
  {
    limit: 'track of a block, strict',
    value: 'one of the document',
    status: 'STATUS_ACK_ERR_TRACK_NUMBER_MISMATCH',
    number: 0x5200007c,
    inside: {
      '3 of 3': finishes(bytesOf(tracked(3), cluster(0, simpleBlock(0, { trackNumber: 3 }))), STRICT),
      'none, not strict': finishes(bytesOf(tracked(1), cluster(0, simpleBlock(0, { trackNumber: 2 })))),
    },
    outside: {
      '2 of 1': faults('unknown-track', bytesOf(tracked(1), cluster(0, simpleBlock(0, { trackNumber: 2 }))), STRICT),
    },
  },
  {
    limit: 'timecode of a cluster, strict',
    value: '0…2^53 − 1 units',
    status: 'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP',
    number: 0x52000063,
    inside: {
      '0': finishes(timed(), STRICT),
      '2^53 − 1': finishes(timed(0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), STRICT),
      '2^53, not strict': finishes(timed(0x20, 0, 0, 0, 0, 0, 0)),
    },
    outside: { '2^53': faults('timecode-too-large', timed(0x20, 0, 0, 0, 0, 0, 0), STRICT) },
  },
  {
    limit: 'timecodes of a cluster, strict',
    value: '1',
    ...FAULT,
    inside: { '1': finishes(bytesOf(HEADER, cluster(0)), STRICT) },
    outside: {
      '0': faults('no-timecode', bytesOf(HEADER, element(id.CLUSTER)), STRICT),
      '2': faults('second-timecode', bytesOf(HEADER, cluster(0, uintElement(id.CLUSTER_TIMECODE, 0))), STRICT),
    },
  },
  {
    limit: 'timecode scale of a document, strict',
    value: 'at least 1 ns',
    ...FAULT,
    inside: {
      '1': finishes(streamHeader({ timecodeScaleNs: 1 }), STRICT),
      '0, not strict': finishes(streamHeader({ timecodeScaleNs: 0 })),
    },
    outside: { '0': faults('zero-timecode-scale', streamHeader({ timecodeScaleNs: 0 }), STRICT) },
  },
  {
    limit: 'EBMLReadVersion, EBMLMaxIDLength, EBMLMaxSizeLength, strict',
    value: '1, 4 and 8',
    ...FAULT,
    inside: {
      'just so': finishes(
        header(
          uintElement(id.EBML_READ_VERSION, 1),
          uintElement(id.EBML_MAX_ID_LENGTH, 4),
          uintElement(id.EBML_MAX_SIZE_LENGTH, 8),
        ),
        STRICT,
      ),
    },
    outside: {
      'version 2': faults('unsupported-version', header(uintElement(id.EBML_READ_VERSION, 2)), STRICT),
      'ids of 5': faults('unsupported-version', header(uintElement(id.EBML_MAX_ID_LENGTH, 5)), STRICT),
      'sizes of 9': faults('unsupported-version', header(uintElement(id.EBML_MAX_SIZE_LENGTH, 9)), STRICT),
    },
  },
  {
    limit: 'size of an element, strict',
    value: 'inside its parent',
    ...FAULT,
    inside: {
      'up to its last byte': finishes(bytesOf(HEADER, element(id.TAGS, [0x73, 0x73, 0x82, 0xec, 0x80])), STRICT),
    },
    outside: {
      'one byte more': faults(
        'exceeds-parent',
        bytesOf(HEADER, element(id.TAGS, [0x73, 0x73, 0x83, 0xec, 0x80])),
        STRICT,
      ),
    },
  },
];
