// The courses of a sum: what each gives to every limit, what they give together, and what is left.

import { glyph, h } from "./dom.js";
import { state } from "./state.js";

export const hasCourses = () => Boolean(state.answer?.telling.courses);

export function coursesPanel() {
  const { courses, over_courses: lines } = state.answer.telling;
  const [head, ...how] = courses.split(". ");
  return h("div", { class: "panel", data_scroll: "courses" },
    h("section", {}, h("h2", {}, head), how.length ? h("p", { class: "mut" }, how.join(". ")) : "",
      h("ul", { class: "items" }, lines.map((line) => h("li", {}, glyph(line.kind, "s"),
        h("span", {}, h("b", {}, line.constraint), [line.own, [line.together, line.left], [line.may_add]].map((texts) => texts.filter(Boolean).join(" · ")).filter(Boolean).map((text) => h("small", { class: "cl" }, text))))))));
}
