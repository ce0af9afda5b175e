/** Walks what stands on the left of an assignment or in a declaration. */
import type * as acorn from "acorn";

/** Calls back for each name that a pattern binds or assigns, and for each expression in it. */
export function forEachTarget(
  pattern: acorn.Pattern,
  visitor: {
    name: (node: acorn.Identifier, shorthand: boolean) => unknown;
    expression: (node: acorn.Expression) => unknown;
  },
  shorthand = false,
): void {
  switch (pattern.type) {
    case "Identifier":
      visitor.name(pattern, shorthand);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") forEachTarget(property.argument, visitor);
        else {
          if (property.computed) visitor.expression(property.key);
          forEachTarget(property.value, visitor, property.shorthand);
        }
      }
      return;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) forEachTarget(element, visitor);
      return;
    case "RestElement":
      forEachTarget(pattern.argument, visitor);
      return;
    case "AssignmentPattern":
      forEachTarget(pattern.left, visitor, shorthand);
      visitor.expression(pattern.right);
      return;
    case "MemberExpression":
      visitor.expression(pattern);
  }
}
