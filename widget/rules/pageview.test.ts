import assert from "node:assert/strict";
import { test } from "node:test";
import { PageView, pathOf } from "./pageview";

test("time counts while the page is looked at", () => {
  const page = new PageView("/", 1000, true);
  page.tick(2000, true);
  page.tick(2500, false); // another tab comes before it
  page.tick(60_000, true);
  assert.equal(page.seconds, 1.5);
  page.tick(61_000, true);
  assert.equal(page.seconds, 2.5);
});

test("a page that is made in the background has not been looked at", () => {
  const page = new PageView("/", 0, false);
  page.tick(900, true);
  assert.equal(page.seconds, 0);
});

test("the sleep of a machine is no time on the page", () => {
  const page = new PageView("/", 0, true);
  page.tick(1000, true);
  page.tick(3_600_000, true);
  assert.equal(page.seconds, 3);
});

const view = (scrollTop: number, clientHeight: number, scrollHeight: number) =>
  ({ scrollTop, clientHeight, scrollHeight }) as Element;

test("what counts of scrolling is the farthest point of the page itself", () => {
  const page = new PageView("/", 0, true);
  page.scroll(view(200, 800, 2000), 800);
  assert.ok(page.scrolled >= 50 && page.scrolled < 51);
  page.scroll(view(0, 800, 2000), 800);
  assert.ok(page.scrolled >= 50);
  page.scroll(view(900, 100, 1000), 800); // a list in it
  assert.ok(page.scrolled < 51);
  page.scroll(view(1199.6, 800, 2000), 800);
  assert.ok(page.scrolled >= 100);
});

test("a path is compared as a person writes it", () => {
  assert.equal(pathOf("/%C3%BCber-uns"), "/über-uns");
  assert.equal(pathOf("/%E4"), "/%E4");
});
