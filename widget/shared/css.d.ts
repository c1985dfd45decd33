/** A style sheet imported by a script arrives as minified text. */
declare module "*.css" {
  const text: string;
  export default text;
}
