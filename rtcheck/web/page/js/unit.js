// Doses in the unit that is read. What the server sends, and what it is sent, is in Gy.

import { asked } from "./state.js";

export const unit = () => asked().unit;
export const inUnit = (gy) => (unit() === "cGy" ? 100 * gy : gy);
const plain = (number) => String(Number(number.toPrecision(12)));

// "57.35 Gy" or "5735 cGy": as exact in either.
export const doseText = (gy, decimals) => `${inUnit(gy).toFixed(unit() === "cGy" ? Math.max(decimals - 2, 0) : decimals)} ${unit()}`;

// A dose that somebody stated: without zeros at its end.
export const statedDose = (gy) => `${plain(inUnit(Number(gy.toFixed(3))))} ${unit()}`;

// A goal, which protocols state in Gy: "V20Gy < 30 %" or "V2000cGy < 30 %".
export function goalText(text) {
  if (unit() === "Gy") return text;
  return text.replace(/(\d+(?:\.\d+)?)(\s?)Gy\b/g, (_, number, gap) => `${plain(100 * Number(number))}${gap}cGy`);
}
