import type { JsonObject } from "@/api/json";
import { initialValues, inputsOf, isFileField, problemOf, type FieldProblem, type InputField } from "@/features/input-form/fields";
import { formatCsv, parseCsv } from "./csv";

/** More rows than this belong into a script on the service API. */
export const MAX_ROWS = 1000;

export interface BatchRow {
  /** Row number of the file, the header being 1. */
  number: number;
  cells: readonly string[];
  inputs: JsonObject;
}

export type BatchProblem =
  | { kind: "empty" }
  | { kind: "header"; expected: string }
  | { kind: "tooManyRows"; max: number }
  | { kind: "emptyRow"; row: number }
  | { kind: "field"; row: number; label: string; problem: FieldProblem };

export type BatchFile = { ok: true; rows: BatchRow[] } | { ok: false; problems: BatchProblem[] };

/** The fields a batch file has columns for; files cannot be in one. */
export function batchFields(fields: readonly InputField[]): InputField[] {
  return fields.filter((field) => !isFileField(field) && field.hide !== true);
}

export function needsFiles(fields: readonly InputField[]): boolean {
  return fields.some((field) => isFileField(field) && field.required === true);
}

export function batchTemplate(fields: readonly InputField[]): string {
  return formatCsv([fields.map((field) => field.variable)]);
}

/** Checks a batch file whole, and names every problem with its row (spec: console §14). */
export function readBatch(text: string, fields: readonly InputField[]): BatchFile {
  const lines = parseCsv(text);
  while (lines.at(-1)?.every((cell) => cell.trim() === "") === true) lines.pop();
  const header = lines[0]?.map((cell) => cell.trim());
  if (header === undefined) return { ok: false, problems: [{ kind: "empty" }] };
  if (!matches(header, fields)) {
    return { ok: false, problems: [{ kind: "header", expected: fields.map((field) => field.variable).join(", ") }] };
  }
  const body = lines.slice(1);
  if (body.length === 0) return { ok: false, problems: [{ kind: "empty" }] };
  if (body.length > MAX_ROWS) return { ok: false, problems: [{ kind: "tooManyRows", max: MAX_ROWS }] };

  const problems = body.flatMap((cells, at) => rowProblems(cells, at + 2, fields));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, rows: body.map((cells, at) => ({ number: at + 2, cells, inputs: inputsOf(fields, valuesOf(cells, fields)) })) };
}

function matches(header: readonly string[], fields: readonly InputField[]): boolean {
  return (
    header.length === fields.length && fields.every((field, at) => header[at] === field.variable || header[at] === field.label)
  );
}

function rowProblems(cells: readonly string[], row: number, fields: readonly InputField[]): BatchProblem[] {
  if (cells.every((cell) => cell.trim() === "")) return [{ kind: "emptyRow", row }];
  return fields.flatMap((field, at): BatchProblem[] => {
    if (field.type === "checkbox") return [];
    const problem = problemOf(field, cells[at] ?? "");
    return problem === null ? [] : [{ kind: "field", row, label: field.label || field.variable, problem }];
  });
}

function valuesOf(cells: readonly string[], fields: readonly InputField[]) {
  const given = Object.fromEntries(fields.map((field, at) => [field.variable, cells[at] ?? ""]));
  const checkboxes = initialValues(
    fields.filter((field) => field.type === "checkbox"),
    given,
  );
  return { ...given, ...checkboxes };
}

/** The results beside their inputs, ready for a spreadsheet. */
export function batchResults(
  fields: readonly InputField[],
  rows: readonly { cells: readonly string[]; result: string; error: string }[],
): string {
  const failed = rows.some((row) => row.error !== "");
  const header = [...fields.map((field) => field.variable), "Completion result", ...(failed ? ["Error"] : [])];
  const body = rows.map((row) => [
    ...fields.map((_, at) => row.cells[at] ?? ""),
    row.result,
    ...(failed ? [row.error] : []),
  ]);
  return formatCsv([header, ...body]);
}
