import { SIMPLE_TAG, TAG_NAME, TAG_STRING, TAGS } from '../../assembly/ebml/ids.ts';
import type { MkvReader } from '../core/mkv-reader.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { MediaTag } from './media-types.ts';

interface OpenTag {
  name: string | null;
  value: string;
}

/** Collects the SimpleTags of one Tags element, nested ones included, in the order in which they begin. RFC 9559 §5.1.8. */
export class TagList {
  readonly #budget: ByteBudget;
  #all: OpenTag[] = [];
  #open: OpenTag[] = [];

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  start(elementId: number): void {
    if (elementId === TAGS) {
      this.#all = [];
      this.#open = [];
    } else if (elementId === SIMPLE_TAG) {
      this.#budget.charge(0);
      const tag: OpenTag = { name: null, value: '' };
      this.#all.push(tag);
      this.#open.push(tag);
    }
  }

  end(elementId: number): void {
    if (elementId === SIMPLE_TAG) this.#open.pop();
  }

  value(reader: MkvReader): void {
    const { elementId } = reader;
    if (elementId === TAG_NAME || elementId === TAG_STRING) this.text(elementId, reader.text());
  }

  /** The text of a TagName or TagString. */
  text(elementId: number, text: string): void {
    const tag = this.#open.at(-1);
    if (tag === undefined) return;
    this.#budget.charge(text.length);
    if (elementId === TAG_NAME) tag.name = text;
    else tag.value = text;
  }

  /** What the element held: tags without a name are left out. */
  take(): MediaTag[] {
    const tags = this.#all.flatMap(({ name, value }) => (name === null ? [] : [{ name, value }]));
    this.#all = [];
    this.#open = [];
    return tags;
  }
}
