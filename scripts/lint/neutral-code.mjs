/** Lint rules for runtime-neutral code that no ready-made rule covers. */

/** @typedef {{ callee: { type: string, name?: string }, arguments: unknown[] }} NewExpression */
/** @typedef {{ source: { value?: unknown } }} ImportExpression */
/** @typedef {{ report(problem: { node: unknown, message: string }): void }} RuleContext */

export default {
  meta: { name: 'neutral-code' },
  rules: {
    'no-ambient-clock': {
      create: (/** @type {RuleContext} */ context) => ({
        NewExpression(/** @type {NewExpression} */ node) {
          if (node.callee.type !== 'Identifier' || node.callee.name !== 'Date' || node.arguments.length > 0) return;
          context.report({ node, message: 'Reads the clock of the runtime: ask platform.now()' });
        },
      }),
    },
    'no-runtime-import': {
      create: (/** @type {RuleContext} */ context) => ({
        ImportExpression(/** @type {ImportExpression} */ node) {
          // A part of its own that most applications do not need may be loaded late; nothing of a runtime, and nothing from above.
          const { value } = node.source;
          if (typeof value === 'string' && value.startsWith('./')) return;
          context.report({
            node,
            message:
              'Loads a module at run time: runtime-neutral code imports statically, or from below its own folder',
          });
        },
      }),
    },
  },
};
