// What every page must be, whatever it says: found by those who cannot see it, readable by those who see little,
// usable without a mouse, and no wider than the narrowest phone.

import assert from 'node:assert/strict';

const SIZES = { desk: { height: 900, width: 1280 }, phone: { height: 640, width: 320 } };
const SCHEMES = ['light', 'dark'];

/** Fails unless the page is sound in every size and scheme; puts a picture of each into `folder`. */
export async function photograph(page, folder, name) {
  await page.locator('main h1').waitFor();
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const faults = await faultsOf(page);
      assert.deepEqual(faults, [], `${name}, ${size}, ${colorScheme}`);
      await page.screenshot({ fullPage: true, path: `${folder}/${name}-${size}-${colorScheme}.png` });
    }
  }
  assert.deepEqual(await faultsOfKeyboard(page), [], `${name}, by keyboard`);
}

/** What is wrong with the page as it is shown now. */
export const faultsOf = (page) => page.evaluate(inPage);

/** What is wrong for somebody who presses Tab: a control is not reached, in another order than it is read, or unseen. */
export async function faultsOfKeyboard(page) {
  await page.evaluate(() => {
    // Tab goes on from where the focus was last.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  const controls = page.locator('main :is(a[href], button, input, summary):not([type="hidden"], [hidden], :disabled)');
  const expected = await controls.evaluateAll((all) => {
    const seen = all.filter((it) => it.checkVisibility());
    for (const [nth, it] of seen.entries()) it.dataset.nth = nth;
    return seen.map((it) => it.outerHTML.slice(0, 80));
  });
  const faults = [];
  for (const [nth, control] of expected.entries()) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, nth: document.activeElement.dataset.nth };
    });
    if (focused.nth !== String(nth)) faults.push(`Tab ${nth + 1} is not at ${control}`);
    else if (!focused.isSeen) faults.push(`no focus is seen at ${control}`);
  }
  return faults;
}

/** Runs in the page. The numbers are those of WCAG 2.2, level AA. */
function inPage() {
  const faults = [];
  const name = (it) => it.outerHTML.slice(0, 80);
  const visible = [...document.querySelectorAll('body *')].filter((it) => it.checkVisibility());

  const channels = (color) => color.match(/[\d.]+/gu).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((it) => {
      const share = it / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  /** The color behind an element; ours are opaque or not there. */
  const ground = (it) => {
    for (let at = it; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      const [, , , alpha = 1] = channels(backgroundColor);
      if (alpha === 1) return backgroundColor;
      if (alpha > 0) faults.push(`a color that lets through another: ${name(at)}`);
    }
    return 'rgb(255, 255, 255)';
  };

  // 1.4.3 contrast of text, 1.4.11 of what shows where a control is.
  for (const it of visible) {
    const style = getComputedStyle(it);
    const hasText = [...it.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
    if (hasText || it.matches('input')) {
      const size = parseFloat(style.fontSize);
      const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const found = ratio(style.color, ground(it));
      if (found < least) faults.push(`contrast ${found.toFixed(2)} of ${name(it)}`);
    }
    if (it.matches('input, button, a.button')) {
      const around = ground(it.parentElement);
      const found = Math.max(ratio(style.borderTopColor, around), ratio(ground(it), around));
      if (found < 3) faults.push(`contrast ${found.toFixed(2)} of the edge of ${name(it)}`);
    }
  }

  // 1.4.10 no scrolling in two directions.
  const width = document.documentElement.clientWidth;
  for (const it of visible) {
    const { left, right } = it.getBoundingClientRect();
    if (left < -0.5 || right > width + 0.5) faults.push(`beyond the edge: ${name(it)}`);
    if (it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).display !== 'inline') faults.push(`cut off: ${name(it)}`);
  }

  // 1.3.1, 2.4.2, 2.4.6, 3.1.1: language, title, headings.
  if (!document.documentElement.lang) faults.push('no language');
  if (!document.title.trim()) faults.push('no title');
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main part');
  const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((it) => Number(it.tagName[1]));
  if (levels[0] !== 1 || levels.filter((it) => it === 1).length !== 1) faults.push(`headings ${levels}`);
  if (levels.some((it, nth) => nth > 0 && it > levels[nth - 1] + 1)) faults.push(`a level of headings is left out: ${levels}`);

  // 3.3.2, 4.1.2: names of what can be used.
  for (const it of visible) {
    if (it.matches('input') && [...it.labels].every((label) => !label.innerText.trim())) faults.push(`no label: ${name(it)}`);
    if (it.matches('a, button, summary') && !it.innerText.trim()) faults.push(`no words: ${name(it)}`);
    if (it.matches('svg, img') && it.getAttribute('aria-hidden') !== 'true' && !it.getAttribute('alt')) faults.push(`no words: ${name(it)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
  if (new Set(ids).size !== ids.length) faults.push(`an id is there twice: ${ids}`);
  for (const attribute of ['aria-describedby', 'aria-labelledby', 'for']) {
    for (const it of document.querySelectorAll(`[${attribute}]`)) {
      const missing = it.getAttribute(attribute).split(' ').filter((id) => !ids.includes(id));
      if (missing.length > 0) faults.push(`${attribute} leads nowhere: ${name(it)}`);
    }
  }

  // 2.5.8 size of what is pressed.
  for (const it of visible.filter((each) => each.matches('a, button, input, summary'))) {
    const { height, width: wide } = it.getBoundingClientRect();
    if (height < 24 || wide < 24) faults.push(`too small: ${name(it)}`);
  }
  return faults;
}
