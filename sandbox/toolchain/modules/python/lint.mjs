// Checks Python files with Ruff, whose npm package has no command line:
//   node lint.mjs PACKAGES [--write] FILE…
// A file that is not formatted is a problem; with --write it is formatted.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

const select = [
  "ANN", "ARG", "B", "C4", "C90", "DTZ", "E", "F", "I", "N", "PERF", "PIE", "PLE", "PLW", "RET", "RUF", "S", "SIM", "T10", "UP", "W",
];
// What comes from moto and botocore has no types; the operations of a service all take its
// parameters; errors are named by what they say; assert tells the type checker what it cannot see.
const ignored = ["ANN401", "ARG001", "ARG002", "N818", "S101"];
// Tests open the emulator's own addresses and have keys that are no secrets.
const ignoredInTests = [...ignored, "ANN201", "ARG005", "S105", "S106", "S107", "S310", "S603", "S607"];

function workspace(ignore) {
  const lint = { select, ignore, mccabe: { "max-complexity": 12 } };
  return new ruff.Workspace({ "line-length": 120, "target-version": "py311", lint }, ruff.PositionEncoding.Utf32);
}

const [packages, ...options] = process.argv.slice(2);
const ruff = createRequire(`${packages}/`)("@astral-sh/ruff-wasm-nodejs");
const write = options[0] === "--write";
const files = write ? options.slice(1) : options;
const [product, tests] = [workspace(ignored), workspace(ignoredInTests)];
let problems = 0;
for (const file of files) {
  const rules = basename(file).startsWith("test_") ? tests : product;
  const text = readFileSync(file, "utf8");
  const formatted = rules.format(text);
  if (formatted !== text && write) {
    writeFileSync(file, formatted);
  } else if (formatted !== text) {
    console.log(`${file}: is not formatted: run make fmt`);
    problems++;
  }
  for (const { code, message, start_location: at } of rules.check(formatted)) {
    console.log(`${file}:${at.row}:${at.column}: ${code} ${message}`);
    problems++;
  }
}
if (files.length === 0) {
  console.log("no files to check");
  problems++;
}
process.exit(problems === 0 ? 0 : 1);
