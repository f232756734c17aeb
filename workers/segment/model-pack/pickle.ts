/**
 * Reads the pickle of a PyTorch checkpoint without executing anything. A pickle is a program for a stack machine that
 * may call whatever it names; here it can name only what a table of plain values maps it to, and any other name or
 * operation ends the reading.
 *
 * Source: CPython Lib/pickletools.py; the operations are those of protocol 2 that `torch.save` writes.
 */
import { MaskletError } from '../../protocol/errors';

export type PickleValue =
  null | boolean | number | string | PickleValue[] | Map<PickleValue, PickleValue> | { readonly kind: string };

export type PickleRules = {
  /** What a name stands for; `undefined` where it is not allowed. */
  global(name: string): { readonly kind: string } | undefined;
  /** The result of calling an allowed name. */
  call(what: { readonly kind: string }, args: PickleValue[]): PickleValue;
  /** What a reference outside the pickle stands for. */
  persistent(id: PickleValue): PickleValue;
};

const mark = Symbol('mark');
type StackItem = PickleValue | typeof mark;

/** @throws `model-corrupt` where the pickle is broken, `model-incompatible` where it asks for more than the rules allow */
export function readPickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stack: StackItem[] = [];
  const memo = new Map<number, PickleValue>();
  let at = 0;

  function take(length: number): number {
    const start = at;
    at += length;
    if (at > bytes.length) throw corrupt('it is cut off');
    return start;
  }
  const byte = () => view.getUint8(take(1));
  const uint32 = () => view.getUint32(take(4), true);
  function text(length: number): string {
    const start = take(length);
    try {
      return decoder.decode(bytes.subarray(start, start + length));
    } catch (error) {
      throw corrupt('a text in it is broken', error);
    }
  }
  function line(): string {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw corrupt('it is cut off');
    const value = text(end - at);
    at++;
    return value;
  }
  function push(value: PickleValue): void {
    stack.push(value);
  }
  function pop(): PickleValue {
    const value = stack.pop();
    if (value === undefined || value === mark) throw corrupt('its operations do not add up');
    return value;
  }
  function popToMark(): PickleValue[] {
    const start = stack.lastIndexOf(mark);
    if (start < 0) throw corrupt('its operations do not add up');
    return stack.splice(start).slice(1) as PickleValue[];
  }
  function top(): PickleValue {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw corrupt('its operations do not add up');
    return value;
  }
  function topMap(): Map<PickleValue, PickleValue> {
    const value = top();
    if (!(value instanceof Map)) throw corrupt('its operations do not add up');
    return value;
  }
  function topList(): PickleValue[] {
    const value = top();
    if (!Array.isArray(value)) throw corrupt('its operations do not add up');
    return value;
  }
  function recall(index: number): void {
    const value = memo.get(index);
    if (value === undefined) throw corrupt('its operations do not add up');
    push(value);
  }
  function setItems(map: Map<PickleValue, PickleValue>, items: PickleValue[]): void {
    if (items.length % 2 === 1) throw corrupt('its operations do not add up');
    for (let n = 0; n < items.length; n += 2) map.set(items[n]!, items[n + 1]!);
  }
  function long(): number {
    const length = byte();
    if (length > 8) throw corrupt('a number in it is too large');
    const start = take(length);
    let value = 0n;
    for (let n = 0; n < length; n++) value |= BigInt(bytes[start + n]!) << BigInt(8 * n);
    return Number(BigInt.asIntN(8 * length, value));
  }
  function reduce(): void {
    const args = pop();
    const callee = pop();
    if (!Array.isArray(args) || !isNamed(callee)) throw corrupt('its operations do not add up');
    push(rules.call(callee, args));
  }

  for (;;) {
    const operation = String.fromCharCode(byte());
    switch (operation) {
      case '\x80': // PROTO
        if (byte() > 4) throw refused('its version is unknown');
        break;
      case '.': // STOP
        return pop();
      case '(': // MARK
        stack.push(mark);
        break;
      case 'N': // NONE
        push(null);
        break;
      case '\x88': // NEWTRUE
        push(true);
        break;
      case '\x89': // NEWFALSE
        push(false);
        break;
      case 'J': // BININT
        push(view.getInt32(take(4), true));
        break;
      case 'K': // BININT1
        push(byte());
        break;
      case 'M': // BININT2
        push(view.getUint16(take(2), true));
        break;
      case '\x8a': // LONG1
        push(long());
        break;
      case 'G': // BINFLOAT
        push(view.getFloat64(take(8), false));
        break;
      case 'X': // BINUNICODE
        push(text(uint32()));
        break;
      case '\x8c': // SHORT_BINUNICODE
        push(text(byte()));
        break;
      case 'U': // SHORT_BINSTRING
        push(text(byte()));
        break;
      case '}': // EMPTY_DICT
        push(new Map());
        break;
      case ']': // EMPTY_LIST
      case ')': // EMPTY_TUPLE
        push([]);
        break;
      case 't': // TUPLE
        push(popToMark());
        break;
      case '\x85': // TUPLE1
        push([pop()]);
        break;
      case '\x86': // TUPLE2
        push([pop(), pop()].reverse());
        break;
      case '\x87': // TUPLE3
        push([pop(), pop(), pop()].reverse());
        break;
      case 'a': {
        // APPEND
        const value = pop();
        topList().push(value);
        break;
      }
      case 'e': {
        // APPENDS
        const values = popToMark();
        const list = topList();
        for (const value of values) list.push(value);
        break;
      }
      case 's': {
        // SETITEM
        const value = pop();
        const key = pop();
        topMap().set(key, value);
        break;
      }
      case 'u': {
        // SETITEMS
        const items = popToMark();
        setItems(topMap(), items);
        break;
      }
      case 'q': // BINPUT
        memo.set(byte(), top());
        break;
      case 'r': // LONG_BINPUT
        memo.set(uint32(), top());
        break;
      case '\x94': // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 'h': // BINGET
        recall(byte());
        break;
      case 'j': // LONG_BINGET
        recall(uint32());
        break;
      case 'c': {
        // GLOBAL
        const name = `${line()}.${line()}`;
        const value = rules.global(name);
        if (!value) throw refused(`it wants to use ${name}`);
        push(value);
        break;
      }
      case 'Q': // BINPERSID
        push(rules.persistent(pop()));
        break;
      case 'R': // REDUCE
        reduce();
        break;
      case 'b': // BUILD: attributes of a dictionary, such as a state dict's versions
        pop();
        topMap();
        break;
      default:
        throw refused(`it has an operation that weights do not need (${operation.charCodeAt(0)})`);
    }
  }
}

export function isNamed(value: PickleValue | undefined): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This checkpoint can't be read: ${what}.`, { cause });
}

function refused(what: string): MaskletError {
  return new MaskletError('model-incompatible', `This checkpoint was not opened: ${what}, which weights never need.`);
}
