/** Regions of text in which names are declared, and what is known of the names. */
export type BindingKind = "import" | "const" | "let" | "var" | "function" | "class" | "parameter" | "self";

/** One declared name. */
export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** Where the name stands in its declaration. */
  readonly start: number;
  /** Whether its value may change after it got its first one. */
  reassigned: boolean;
}

/** One occurrence of a name that is not its declaration. */
export interface Use {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly scope: Scope;
  readonly writes: boolean;
  /** The use is `{ name }`: replacing it needs `{ name: … }`. */
  readonly shorthand: boolean;
  /** The property in `name.property`, unless that is computed, assigned or deleted. */
  readonly member: string | undefined;
  /** The use is what a call calls, or a template's tag. */
  readonly called: boolean;
}

/** A region of text in which names are declared. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly start: number;
  readonly end: number;
  /** Where `var` goes. */
  readonly holdsVars: boolean;
  readonly strict: boolean;
  readonly bindings: Map<string, Binding> = new Map();
  readonly children: Scope[] = [];
  /** A direct `eval` or a `with` may assign everything that is visible here. */
  isUnknowable = false;

  constructor(
    parent: Scope | undefined,
    node: { start: number; end: number },
    holdsVars: boolean,
    strict: boolean,
  ) {
    this.parent = parent;
    this.start = node.start;
    this.end = node.end;
    this.holdsVars = holdsVars;
    this.strict = strict;
    parent?.children.push(this);
  }

  /** The binding that `name` means here. */
  find(name: string): Binding | undefined {
    return this.bindings.get(name) ?? this.parent?.find(name);
  }

  /** The innermost scope around a position. */
  at(position: number): Scope {
    for (const child of this.children) {
      if (child.start <= position && position < child.end) return child.at(position);
    }
    return this;
  }
}

/** Something a function may not take from outside when it travels. */
export type LexicalUse = "this" | "super" | "new.target" | "arguments" | "private name" | "eval";

/** What a walk found. Positions are offsets into the text that was parsed. */
export interface ScopeAnalysis {
  readonly root: Scope;
  readonly uses: readonly Use[];
  /** `this`, `super` and so on that belong to something outside the text. */
  readonly lexical: readonly { what: LexicalUse; name: string; start: number }[];
  /** `import.meta`. */
  readonly metas: readonly { start: number; end: number }[];
  /** `import(…)`; the range of the keyword. */
  readonly dynamicImports: readonly { start: number; end: number }[];
}
