/**
 * Lexical scopes of a piece of JavaScript: what is declared where, and what each name refers to.
 *
 * One walk collects scopes, declarations and uses; the uses are resolved afterwards, because declarations are
 * hoisted. Used both for the text of one function (what is free in it?) and for a whole script (is this binding
 * ever assigned again?).
 *
 * @packageDocumentation
 */
import type * as acorn from "acorn";
import { forEachTarget } from "./patterns.ts";
import { Scope, type BindingKind, type LexicalUse, type ScopeAnalysis, type Use } from "./scope.ts";

type Node = acorn.AnyNode;

/** Which of `this`, `super`, `new.target` and `arguments` belong to something inside the text. */
interface Owned {
  this: boolean;
  super: boolean;
  arguments: boolean;
}

/**
 * Analyses `root` and everything below it.
 *
 * @param strict - Whether the text stands in strict code.
 * @param ownsThis - Whether `this` and `arguments` at the top belong to the text itself, as in a module.
 */
export function analyseScopes(root: Node, strict: boolean, ownsThis: boolean): ScopeAnalysis {
  const walk = new Walk(root, strict, ownsThis);
  walk.visit(root, walk.root);
  walk.resolve();
  return walk;
}

class Walk implements ScopeAnalysis {
  readonly root: Scope;
  readonly uses: Use[] = [];
  readonly lexical: { what: LexicalUse; name: string; start: number }[] = [];
  readonly metas: { start: number; end: number }[] = [];
  readonly dynamicImports: { start: number; end: number }[] = [];
  readonly #privateNames: Set<string>[] = [];
  #owned: Owned;
  #inLoop = false;

  constructor(root: Node, strict: boolean, ownsThis: boolean) {
    this.root = new Scope(undefined, root, true, strict);
    this.#owned = { this: ownsThis, super: false, arguments: ownsThis };
  }

  /** Marks what is assigned. */
  resolve(): void {
    for (const use of this.uses) {
      if (!use.writes) continue;
      const binding = use.scope.find(use.name);
      if (binding !== undefined) binding.reassigned = true;
    }
  }

  visit(node: Node, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        this.#use(node, scope);
        return;
      case "ThisExpression":
        if (!this.#owned.this) this.lexical.push({ what: "this", name: "this", start: node.start });
        return;
      case "Super":
        if (!this.#owned.super) this.lexical.push({ what: "super", name: "super", start: node.start });
        return;
      case "MetaProperty":
        if (node.meta.name === "import") this.metas.push(node);
        else if (!this.#owned.this)
          this.lexical.push({ what: "new.target", name: "new.target", start: node.start });
        return;
      case "ImportExpression":
        this.dynamicImports.push({ start: node.start, end: node.start + "import".length });
        this.#visitChildren(node, scope);
        return;
      case "PrivateIdentifier":
        if (!this.#privateNames.some((names) => names.has(node.name))) {
          this.lexical.push({ what: "private name", name: `#${node.name}`, start: node.start });
        }
        return;
      case "MemberExpression":
        this.#visitMember(node, scope);
        return;
      case "CallExpression":
        this.#visitCalled(node.callee, scope);
        for (const argument of node.arguments) this.visit(argument, scope);
        return;
      case "TaggedTemplateExpression":
        this.#visitCalled(node.tag, scope);
        this.visit(node.quasi, scope);
        return;
      case "WithStatement":
        markUnknowable(scope);
        this.#visitChildren(node, scope);
        return;
      case "UnaryExpression":
        if (node.operator === "delete" && node.argument.type === "MemberExpression") {
          this.#visitTargetMember(node.argument, scope);
        } else this.visit(node.argument, scope);
        return;
      case "AssignmentExpression":
        this.#assign(node.left, scope);
        this.visit(node.right, scope);
        return;
      case "UpdateExpression":
        this.#assign(node.argument as acorn.Pattern, scope);
        return;
      case "Property":
        this.#visitProperty(node, scope);
        return;
      case "VariableDeclaration":
        this.#declareVariables(node, scope, false);
        return;
      case "FunctionDeclaration":
        if (node.id !== null) this.#declare(node.id, "function", scope);
        this.#visitFunction(node, scope);
        return;
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node, scope);
        return;
      case "ClassDeclaration":
        if (node.id !== null) this.#declare(node.id, "class", scope);
        this.#visitClass(node, scope);
        return;
      case "ClassExpression":
        this.#visitClass(node, scope);
        return;
      case "BlockStatement":
      case "SwitchStatement":
        this.#visitChildren(node, new Scope(scope, node, false, scope.strict));
        return;
      case "CatchClause": {
        const inner = new Scope(scope, node, false, scope.strict);
        if (node.param) this.#declarePattern(node.param, "let", inner);
        this.visit(node.body, inner);
        return;
      }
      case "ForStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.#looping(() => this.#visitChildren(node, new Scope(scope, node, false, scope.strict)));
        return;
      case "ForInStatement":
      case "ForOfStatement":
        this.#visitForEach(node, new Scope(scope, node, false, scope.strict));
        return;
      case "LabeledStatement":
        this.visit(node.body, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "ExportAllDeclaration":
        return;
      case "ImportDeclaration":
        for (const specifier of node.specifiers) this.#declare(specifier.local, "import", scope);
        return;
      case "ExportNamedDeclaration":
        if (node.declaration) this.visit(node.declaration, scope);
        return;
      default:
        this.#visitChildren(node, scope);
    }
  }

  #visitChildren(node: Node, scope: Scope): void {
    for (const value of Object.values(node) as unknown[]) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) this.visit(item, scope);
      } else if (isNode(value)) this.visit(value, scope);
    }
  }

  #use(
    node: acorn.Identifier,
    scope: Scope,
    how: Partial<Pick<Use, "writes" | "shorthand" | "member" | "called">> = {},
  ): void {
    if (node.name === "arguments" && scope.find("arguments") === undefined) {
      if (!this.#owned.arguments)
        this.lexical.push({ what: "arguments", name: "arguments", start: node.start });
      return;
    }
    this.uses.push({
      name: node.name,
      start: node.start,
      end: node.end,
      scope,
      writes: how.writes ?? false,
      shorthand: how.shorthand ?? false,
      member: how.member,
      called: how.called ?? false,
    });
  }

  #visitCalled(node: Node, scope: Scope): void {
    if (node.type !== "Identifier") this.visit(node, scope);
    else {
      this.#use(node, scope, { called: true });
      if (node.name !== "eval") return;
      this.lexical.push({ what: "eval", name: "eval", start: node.start });
      markUnknowable(scope);
    }
  }

  #visitMember(node: acorn.MemberExpression, scope: Scope): void {
    const { object, property } = node;
    const member = memberName(node);
    if (object.type === "Identifier" && member !== undefined) {
      this.#use(object, scope, { member });
      return;
    }
    this.visit(object, scope);
    if (node.computed || property.type === "PrivateIdentifier") this.visit(property, scope);
  }

  #visitProperty(node: acorn.Property | acorn.AssignmentProperty, scope: Scope): void {
    if (node.computed) this.visit(node.key, scope);
    if (node.shorthand && node.value.type === "Identifier") this.#use(node.value, scope, { shorthand: true });
    else if ((node.kind !== "init" || node.method) && node.value.type === "FunctionExpression") {
      this.#visitFunction(node.value, scope, true);
    } else this.visit(node.value, scope);
  }

  /** Visits what is assigned to, which may be a pattern. */
  #assign(target: acorn.Pattern, scope: Scope): void {
    forEachTarget(target, {
      name: (node, shorthand) => this.#use(node, scope, { writes: true, shorthand }),
      expression: (node) =>
        node.type === "MemberExpression" ? this.#visitTargetMember(node, scope) : this.visit(node, scope),
    });
  }

  /** `object.property` as a target reads `object` as a whole. */
  #visitTargetMember(node: acorn.MemberExpression, scope: Scope): void {
    this.visit(node.object, scope);
    if (node.computed || node.property.type === "PrivateIdentifier") this.visit(node.property, scope);
  }

  #declare(node: acorn.Identifier, kind: BindingKind, scope: Scope): void {
    const known = scope.bindings.get(node.name);
    // Two declarations of one name (var, function, parameter): the later one assigns.
    if (known !== undefined) known.reassigned = true;
    else scope.bindings.set(node.name, { name: node.name, kind, start: node.start, reassigned: false });
  }

  #declarePattern(pattern: acorn.Pattern, kind: BindingKind, scope: Scope, evaluated: Scope = scope): void {
    forEachTarget(pattern, {
      name: (node) => this.#declare(node, kind, scope),
      expression: (node) => this.visit(node, evaluated),
    });
  }

  #declareVariables(node: acorn.VariableDeclaration, scope: Scope, assignedByLoop: boolean): void {
    let target = scope;
    if (node.kind === "var") while (!target.holdsVars) target = target.parent!;
    const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const";
    for (const { id, init } of node.declarations) {
      this.#declarePattern(id, kind, target, scope);
      // One `var` of a function is one variable for all rounds of a loop.
      if (kind === "var" && (assignedByLoop || (this.#inLoop && init))) {
        forEachTarget(id, {
          name: ({ name }) => (target.bindings.get(name)!.reassigned = true),
          expression: () => {},
        });
      }
      if (init) this.visit(init, scope);
    }
  }

  #visitForEach(node: acorn.ForInStatement | acorn.ForOfStatement, scope: Scope): void {
    this.#looping(() => {
      if (node.left.type === "VariableDeclaration") this.#declareVariables(node.left, scope, true);
      else this.#assign(node.left, scope);
      this.visit(node.right, scope);
      this.visit(node.body, scope);
    });
  }

  #looping(body: () => void): void {
    const before = this.#inLoop;
    this.#inLoop = true;
    body();
    this.#inLoop = before;
  }

  #visitFunction(
    node: acorn.Function | acorn.AnonymousFunctionDeclaration,
    scope: Scope,
    isMethod = false,
  ): void {
    const arrow = node.type === "ArrowFunctionExpression";
    const strict = scope.strict || hasUseStrict(node.body);
    let around = scope;
    if (node.type === "FunctionExpression" && node.id) {
      around = new Scope(scope, node, false, strict);
      this.#declare(node.id, "self", around);
    }
    this.#owning(arrow ? this.#owned : { this: true, super: isMethod, arguments: true }, () => {
      const outside = new Scope(around, node, true, strict);
      for (const parameter of node.params) this.#declarePattern(parameter, "parameter", outside);
      // A body may declare what a default parameter takes from further out: hence two scopes.
      if (node.body.type === "BlockStatement")
        this.#visitChildren(node.body, new Scope(outside, node.body, true, strict));
      else this.visit(node.body, outside);
    });
  }

  #visitClass(node: acorn.Class, scope: Scope): void {
    const inner = new Scope(scope, node, false, true);
    if (node.id) this.#declare(node.id, "self", inner);
    if (node.superClass) this.visit(node.superClass, inner);
    const names = new Set<string>();
    for (const member of node.body.body) {
      if (member.type !== "StaticBlock" && member.key.type === "PrivateIdentifier")
        names.add(member.key.name);
    }
    this.#privateNames.push(names);
    for (const member of node.body.body) this.#visitMemberOfClass(member, inner);
    this.#privateNames.pop();
  }

  #visitMemberOfClass(
    node: acorn.MethodDefinition | acorn.PropertyDefinition | acorn.StaticBlock,
    scope: Scope,
  ): void {
    const owned = { this: true, super: true, arguments: false };
    if (node.type === "StaticBlock") {
      this.#owning(owned, () => this.#visitChildren(node, new Scope(scope, node, true, true)));
      return;
    }
    if (node.computed) this.visit(node.key, scope);
    if (node.type === "MethodDefinition") this.#visitFunction(node.value, scope, true);
    else if (node.value)
      this.#owning(owned, () => this.visit(node.value!, new Scope(scope, node, true, true)));
  }

  #owning(owned: Owned, body: () => void): void {
    const before = { owned: this.#owned, inLoop: this.#inLoop };
    this.#owned = owned;
    this.#inLoop = false;
    body();
    this.#owned = before.owned;
    this.#inLoop = before.inLoop;
  }
}

function markUnknowable(innermost: Scope): void {
  for (let scope: Scope | undefined = innermost; scope !== undefined; scope = scope.parent)
    scope.isUnknowable = true;
}

function hasUseStrict(body: acorn.BlockStatement | acorn.Expression): boolean {
  if (body.type !== "BlockStatement") return false;
  const first = body.body[0];
  return first?.type === "ExpressionStatement" && "directive" in first && first.directive === "use strict";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** The name of a property as it is written: `a.x`, or `a["x"]`, as some bundlers write what is imported. */
function memberName({ computed, property }: acorn.MemberExpression): string | undefined {
  if (!computed) return property.type === "Identifier" ? property.name : undefined;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}
