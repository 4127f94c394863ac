import boundaries from 'eslint-plugin-boundaries';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const elements = [
  { type: 'shared', pattern: 'shared/**', partialMatch: false },
  { type: 'ort', pattern: 'native/ort/**', partialMatch: false },
  { type: 'engineFace', pattern: 'native/public/**', partialMatch: false },
  { type: 'native', pattern: 'native/**', partialMatch: false },
  { type: 'shell', pattern: 'main/{electron,preload}/**', partialMatch: false },
  { type: 'main', pattern: 'main/**', partialMatch: false },
  { type: 'renderer', pattern: 'renderer/**', partialMatch: false },
  { type: 'e2e', pattern: 'e2e/**', partialMatch: false },
];

const from = (...types) => ({ element: { types: { anyOf: types } } });
const to = (...types) => ({ to: { element: { types: { anyOf: types } } } });
const nativeAll = ['native', 'ort', 'engineFace'];

/** The table of ARCHITECTURE.md, one policy a row; later policies win. */
const policies = [
  { from: from('shared'), allow: to('shared') },
  { from: from(...nativeAll), allow: to('shared', ...nativeAll) },
  { from: from('main', 'shell'), allow: to('shared', 'main', 'shell', 'engineFace') },
  { from: from('renderer'), allow: to('shared', 'renderer') },
  { from: from('e2e'), allow: to('shared', 'e2e') },
  {
    from: from('shared', ...nativeAll, 'main', 'shell', 'renderer', 'e2e'),
    allow: { to: { module: { origin: ['external', 'core'] } } },
  },
  {
    from: from('shared', 'renderer'),
    disallow: { to: { module: { origin: 'core' } } },
    message:
      'shared/ and renderer/ also run in the browser: no Node modules. Ask the host through the contract instead.',
  },
  {
    from: from('shared', 'native', 'engineFace', 'main', 'shell', 'renderer', 'e2e'),
    disallow: { to: { module: { origin: 'external', source: ['onnxruntime-node', 'onnxruntime-common'] } } },
    message: 'Only native/ort/ may import ONNX Runtime. Use its session wrapper instead.',
  },
  {
    from: from('shared', ...nativeAll, 'main', 'renderer', 'e2e'),
    disallow: { to: { module: { source: ['electron', 'electron/*'] } } },
    message: 'Only main/electron and main/preload may import electron. Pass what you need in from there.',
  },
];

export default tseslint.config(
  { ignores: ['out/**', 'node_modules/**', 'coverage/**', 'test-results/**', 'playwright-report/**', 'resources/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.config.ts', '*.mjs', '.*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Tensor loops index typed arrays within bounds that their shapes prove.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['{shared,native,main,renderer,e2e}/**/*.{ts,tsx,mjs}'],
    plugins: { boundaries },
    settings: {
      'import/resolver': {
        typescript: { project: ['{shared,native,main,renderer,e2e}/tsconfig.json'], noWarnOnMultipleProjects: true },
      },
      'boundaries/elements': elements,
    },
    rules: { 'boundaries/dependencies': ['error', { default: 'disallow', checkAllOrigins: true, policies }] },
  },
  { files: ['renderer/**/*.{ts,tsx}'], ...reactHooks.configs.flat.recommended },
  { files: ['**/*.{mjs,cjs}'], ...tseslint.configs.disableTypeChecked },
);
