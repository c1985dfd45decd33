// The little of Node.js that the tests use. All of its types would put Node's
// timers and globals in the place of the browser's.

declare module "node:test" {
  export function test(name: string, run: () => void | Promise<void>): Promise<void>;
  export function beforeEach(run: () => void): void;
  export function afterEach(run: () => void): void;
  export const mock: {
    timers: {
      enable(options: { apis: ("setTimeout" | "Date")[]; now?: number }): void;
      tick(milliseconds: number): void;
      reset(): void;
    };
  };
}

declare module "node:assert/strict" {
  export function equal<T>(actual: T, expected: T, message?: string): void;
  export function deepEqual<T>(actual: T, expected: T, message?: string): void;
  export function ok(value: unknown, message?: string): void;
}
