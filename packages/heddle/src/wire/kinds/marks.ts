/**
 * Marks on objects, which nobody else can see.
 *
 * @packageDocumentation
 */

/** A base class that makes nothing: what extends it puts its private fields on the object that it is given. */
const Given = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;

/**
 * A mark as a private field of what is marked. To mark an object and to take that back takes 40 ns, and with a `WeakSet` 600: its table is made
 * anew every few times where what is in it comes and goes.
 */
class Stamp extends Given {
  #isOn = true;

  /** Marks an object that new properties may be given. */
  static put(object: object): void {
    if (#isOn in object) object.#isOn = true;
    else void new Stamp(object);
  }

  static isOn(object: object): boolean {
    return #isOn in object && object.#isOn;
  }

  static takeOff(object: object): boolean {
    if (!Stamp.isOn(object)) return false;
    (object as Stamp).#isOn = false;
    return true;
  }
}

/** Objects that are marked and take no stamp: whether private fields can be put on frozen ones differs between engines. */
const frozen = new WeakSet<object>();

/** Marks an object. */
export function mark(object: object): void {
  if (Object.isExtensible(object)) Stamp.put(object);
  else frozen.add(object);
}

/** Whether an object is marked. */
export function isMarked(object: object): boolean {
  return Stamp.isOn(object) || (!Object.isExtensible(object) && frozen.has(object));
}

/** Takes the mark off. Gives whether there was one. */
export function takeMark(object: object): boolean {
  return Stamp.takeOff(object) || (!Object.isExtensible(object) && frozen.delete(object));
}
