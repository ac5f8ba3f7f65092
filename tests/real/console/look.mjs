// look.mjs PACKAGES CHROMIUM FOLDER: opens pages in light and dark, narrow and wide, and reports what axe finds, as JSON.
// Standard input: {"url", "token", "pages": {name: path}}. Each page is also saved as a picture in FOLDER.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [packages, executablePath, folder] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { url, token, pages } = JSON.parse(readFileSync(0, "utf8"));
const SIZES = { narrow: { width: 390, height: 844 }, wide: { width: 1280, height: 900 } };

async function look(page, name) {
    await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    await page.evaluate(axe);
    const { violations, incomplete } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
    const shown = (found) => found.map((rule) => ({ rule: rule.id, help: rule.help, nodes: rule.nodes.map((node) => `${node.target}: ${node.failureSummary}`) }));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    return { name, overflow, background, violations: shown(violations), incomplete: shown(incomplete) };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const results = [];
for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
        // the pages forbid scripts, axe is one
        const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true });
        const page = await context.newPage();
        const label = (name) => `${name}-${colorScheme}-${size}`;
        await page.goto(`${url}/console/sign-in`);
        results.push(await look(page, label("sign-in")));
        await page.fill("input[name=token]", token);
        await page.keyboard.press("Enter");
        await page.waitForURL(`${url}/console`);
        for (const [name, path] of Object.entries(pages)) {
            await page.goto(url + path);
            results.push(await look(page, label(name)));
        }
        await context.close();
    }
}
await browser.close();
console.log(JSON.stringify(results));
