/** Lint rules for runtime-neutral code that no ready-made rule covers. */

/** @type {import('oxlint/plugins').Plugin} */
const plugin = {
  meta: { name: 'neutral-code' },
  rules: {
    'no-ambient-clock': {
      create: (context) => ({
        NewExpression(node) {
          if (node.callee.type !== 'Identifier' || node.callee.name !== 'Date' || node.arguments.length > 0) return;
          context.report({ node, message: 'Reads the clock of the runtime: ask platform.now()' });
        },
      }),
    },
    'no-runtime-import': {
      create: (context) => ({
        ImportExpression(node) {
          context.report({ node, message: 'Loads a module at run time: runtime-neutral code imports statically' });
        },
      }),
    },
  },
};

export default plugin;
