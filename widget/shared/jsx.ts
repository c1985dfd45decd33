// What JSX is compiled to: shorter calls than those to preact/jsx-runtime.
export { createElement as jsxElement, Fragment as jsxFragment } from "preact";
