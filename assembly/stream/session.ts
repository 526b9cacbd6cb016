import {
  STATUS_AWAITING_PERSISTED_ACK,
  STATUS_END_OF_STREAM,
  STATUS_NO_MORE_DATA_AVAILABLE,
  STATUS_SUCCESS,
  STATUS_UPLOAD_HANDLE_ABORTED,
} from '../status';
import { advanceCursor, openFragment, setCursor, sweep } from '../view/content-view';
import { FRAGMENT_BEGINS_SESSION, ITEM_FRAGMENT_START, ITEM_FRAME, itemAt } from '../view/item';
import { isOfOtherGeneration, releaseGenerations } from './codec-generation';
import { buildHeader } from './header';
import { MAX_SPANS, putReadStatus, putSpan } from './spans';
import { END_OF_FRAGMENT_BYTES, sessionEndChain } from './tag-queue';
import { SETTING_PERSISTED_ACKS, STATE_HAS_BREAKS, STATE_STOPPED, STATE_TAGS_AT_END, Stream, viewOf } from './stream';

/**
 * A read session: the bytes of one connection. Stream header, items, and after the stream's end what closes it.
 *
 * A session begins at a fragment's start, never inside one: a block without its cluster means nothing. The header is built and handed out
 * when there is something to follow it; it is that of the fragment's generation of codec private data, and the session ends in front of
 * the first fragment of another one.
 */

/** No session: nothing is handed out. */
export const SESSION_NONE: u32 = 0;
const SESSION_HEADER: u32 = 1;
const SESSION_ITEMS: u32 = 2;
/** Everything is handed out of a stopped stream: the sealed tags follow. */
const SESSION_CLOSING: u32 = 3;
const SESSION_ENDED: u32 = 4;
/** The fragment that was being handed out was taken away: what follows would not parse. */
export const SESSION_ABORTED: u32 = 5;

/** Everything up to a fragment's start is handed out of a session that is to end: the end-of-fragment mark follows. */
const SESSION_ENDING: u32 = 6;

/** The span table is full; the same read goes on with another call. */
const READ_CONTINUES: i32 = 1;

/** Begins a session at the read position, moved back to the start of its fragment where it is inside one. */
export function beginSession(stream: Stream): void {
  const view = viewOf(stream);
  // Everything read of a fragment that is still open: its next frame must not come first in this session.
  const reading = view.cursor != 0 ? itemAt(view.cursor).fragment : openFragment(view);
  setCursor(view, 0);
  sweep(view);
  setCursor(view, reading);
  stream.session = SESSION_HEADER;
  stream.sessionOffset = 0;
  stream.sessionItems = 0;
  stream.sessionEnding = 0;
  releaseGenerations(stream);
}

/**
 * Ends the session at the start of the next fragment, with the end-of-fragment mark: for going over to a new connection without sending
 * anything twice. The reads then say end of stream, and `beginSession` goes on with that fragment.
 */
export function endSession(stream: Stream): void {
  stream.sessionEnding = 1;
}

/**
 * Hands out the next bytes as spans and moves the read position behind them. The spans stay as they are until the next call into the core.
 * @param roomBytes bytes the host can take, > 0
 * @returns number of spans; the table's status is 0 when the room is filled, READ_CONTINUES, or the status that says why there is no more
 */
export function readSpans(stream: Stream, roomBytes: u32): i32 {
  let spans: u32 = 0;
  let room = roomBytes;
  putReadStatus(stream, STATUS_SUCCESS);
  while (room != 0) {
    if (spans == MAX_SPANS) {
      putReadStatus(stream, READ_CONTINUES);
      break;
    }
    const bytes = nextSpan(stream, spans, room);
    if (bytes == 0) break;
    room -= bytes;
    spans++;
  }
  releaseGenerations(stream);
  return <i32>spans;
}

/** Enters one span; its bytes, or 0 with the table's status set when there is nothing to hand out now. */
function nextSpan(stream: Stream, index: u32, room: u32): u32 {
  const view = viewOf(stream);
  if (stream.session == SESSION_ITEMS && isEndDue(stream)) stream.session = SESSION_ENDING;
  if (stream.session == SESSION_ENDING) return endingSpan(stream, index, room);
  if (stream.session == SESSION_ITEMS && view.cursor == 0) return afterItems(stream, index, room);
  if (stream.session == SESSION_ITEMS) {
    const item = itemAt(view.cursor);
    const bytes = min(room, item.length - view.cursorOffset);
    putSpan(stream, index, item.start + view.cursorOffset, bytes);
    if (view.cursorOffset == 0) stream.sessionItems++;
    stream.endedByMark = (item.flags & ITEM_FRAME) == 0 ? 1 : 0;
    advanceCursor(view, bytes);
    return bytes;
  }
  if (stream.session == SESSION_HEADER && view.cursor != 0) return headerSpan(stream, index, room);
  if (stream.session == SESSION_CLOSING) return closingSpan(stream, index, room);
  if (stream.session == SESSION_HEADER && (stream.state & STATE_STOPPED) != 0) stream.session = SESSION_ENDED;
  putReadStatus(stream, statusAtRest(stream));
  return 0;
}

function statusAtRest(stream: Stream): i32 {
  if (stream.session == SESSION_ABORTED) return STATUS_UPLOAD_HANDLE_ABORTED;
  if (stream.session != SESSION_ENDED) return STATUS_NO_MORE_DATA_AVAILABLE;
  // Ended on request or by a generation, with more to send in the next session.
  if ((stream.state & STATE_STOPPED) == 0 || viewOf(stream).cursor != 0) return STATUS_END_OF_STREAM;
  const awaiting = (stream.settings & SETTING_PERSISTED_ACKS) != 0 && viewOf(stream).oldest != 0;
  return awaiting ? STATUS_AWAITING_PERSISTED_ACK : STATUS_END_OF_STREAM;
}

function headerSpan(stream: Stream, index: u32, room: u32): u32 {
  if (stream.sessionOffset == 0) buildHeader(stream, itemAt(viewOf(stream).cursor).fragment);
  const bytes = min(room, stream.headerBytes - stream.sessionOffset);
  putSpan(stream, index, stream.header + stream.sessionOffset, bytes);
  stream.sessionOffset += bytes;
  if (stream.sessionOffset == stream.headerBytes) {
    stream.session = SESSION_ITEMS;
    stream.sessionOffset = 0;
  }
  return bytes;
}

/** Everything in the view is read. */
function afterItems(stream: Stream, index: u32, room: u32): u32 {
  if ((stream.state & STATE_STOPPED) == 0) {
    putReadStatus(stream, STATUS_NO_MORE_DATA_AVAILABLE);
    return 0;
  }
  // Closing bytes are sealed unless an explicit end of fragment was the last item.
  stream.session = (stream.state & STATE_TAGS_AT_END) != 0 ? SESSION_CLOSING : SESSION_ENDED;
  return nextSpan(stream, index, room);
}

function closingSpan(stream: Stream, index: u32, room: u32): u32 {
  const bytes = min(room, stream.tagBytes - stream.sessionOffset);
  putSpan(stream, index, stream.tags + stream.sessionOffset, bytes);
  stream.sessionOffset += bytes;
  if (stream.sessionOffset == stream.tagBytes) stream.session = SESSION_ENDED;
  return bytes;
}

/**
 * True when the session is to end, on request or because the next fragment begins another one or needs another header, and the read
 * position is at the start of a fragment that it has not begun.
 */
function isEndDue(stream: Stream): bool {
  const hasBreaks = (stream.state & STATE_HAS_BREAKS) != 0;
  if (stream.sessionEnding == 0 && !hasBreaks && stream.sessionGeneration == stream.generation) return false;
  const view = viewOf(stream);
  if (view.cursor != 0 && view.cursorOffset == 0 && (itemAt(view.cursor).flags & ITEM_FRAGMENT_START) != 0) {
    const begins = (itemAt(view.cursor).flags & FRAGMENT_BEGINS_SESSION) != 0;
    if ((begins && stream.sessionItems != 0) || isOfOtherGeneration(stream, view.cursor)) return true;
  }
  if (stream.sessionEnding == 0 || stream.sessionItems == 0 || view.cursorOffset != 0) return false;
  if (view.cursor != 0) return (itemAt(view.cursor).flags & ITEM_FRAGMENT_START) != 0;
  // Behind everything: a stopped stream closes by itself, an open fragment goes on in this session.
  return (stream.state & STATE_STOPPED) == 0 && openFragment(view) == 0;
}

/** The mark, unless an explicit end of fragment was the last thing handed out, or nothing but the header was. */
function endingSpan(stream: Stream, index: u32, room: u32): u32 {
  const isMarked = stream.endedByMark != 0 || stream.sessionItems == 0;
  const bytes = isMarked ? 0 : min(room, END_OF_FRAGMENT_BYTES - stream.sessionOffset);
  if (bytes != 0) putSpan(stream, index, sessionEndChain(stream) + stream.sessionOffset, bytes);
  stream.sessionOffset += bytes;
  if (bytes == 0 || stream.sessionOffset == END_OF_FRAGMENT_BYTES) stream.session = SESSION_ENDED;
  return bytes != 0 ? bytes : nextSpan(stream, index, room);
}
