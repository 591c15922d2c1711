(() => {
'use strict';
const D = document;
const all = (selector, root = D) => [...root.querySelectorAll(selector)];
const byId = id => D.getElementById(id);
const set = (element, attributes) => { for (const name in attributes) element.setAttribute(name, attributes[name]); };
const percent = share => share * 100 + '%';
D.documentElement.classList.add('js');

// Details of the constraints open one by one, all at once, and from the tally.
const toggles = all('.tg'), openAll = byId('all');
const isOpen = button => button.getAttribute('aria-expanded') == 'true';
const open = (button, on) => {
  set(button, {'aria-expanded': on});
  button.closest('tbody').classList.toggle('open', on);
};
const nameOpenAll = () => {
  if (openAll) openAll.textContent = toggles.every(isOpen) ? 'Close all details' : 'Open all details';
};
toggles.forEach(button => button.onclick = () => { open(button, !isOpen(button)); nameOpenAll(); });
if (openAll) openAll.onclick = () => {
  const on = !toggles.every(isOpen);
  toggles.forEach(button => open(button, on));
  nameOpenAll();
};
all('.tally a').forEach(link => link.onclick = () => {
  const button = D.querySelector(link.hash + ' .tg');
  if (!button) return;
  button.closest('tbody').hidden = false;
  open(button, true);
});
onbeforeprint = () => all('details').forEach(details => details.open = true);

// The constraints filtered, sorted and grouped: whole bodies of the table move, heads of groups come between them.
const table = D.querySelector('.ct'), only = byId('only'), sort = byId('sort'), group = byId('group');
const bodies = all('.ct tbody');
const numberOr = (text, otherwise) => text === '' ? otherwise : +text;
const orders = {
  order: body => [+body.dataset.o],
  margin: body => [numberOr(body.dataset.m, Infinity), +body.dataset.o],
  structure: body => [body.dataset.s.toLowerCase(), +body.dataset.o],
};
const groups = {structure: body => body.dataset.s, priority: body => body.dataset.p, outcome: body => body.dataset.w};
const compare = (a, b) => { for (const i in a) if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1; return 0; };
const isQuiet = body => ['met', 'na'].includes(body.dataset.k);
function headOfGroup(name, members) {
  const head = D.createElement('tbody'), row = head.insertRow(), cell = D.createElement('th');
  const loud = members.filter(body => !isQuiet(body)).length;
  head.className = 'gh';
  set(cell, {colspan: table.tHead.rows[0].cells.length, scope: 'rowgroup'});
  cell.append(name);
  const small = D.createElement('small');
  small.textContent = ` ${members.length} ${members.length == 1 ? 'limit' : 'limits'}` + (loud ? `, ${loud} not met` : '');
  cell.append(small);
  row.append(cell);
  return head;
}
function arrange() {
  all('.gh').forEach(head => head.remove());
  const key = orders[sort ? sort.value : 'order'], name = groups[group ? group.value : ''];
  const sorted = [...bodies].sort((a, b) => compare(key(a), key(b)));
  const inOrder = new Map();
  sorted.forEach(body => { const of = name ? name(body) : ''; inOrder.set(of, [...inOrder.get(of) || [], body]); });
  sorted.forEach(body => body.hidden = !!only && only.checked && isQuiet(body));
  inOrder.forEach((members, of) => {
    const head = name && members.some(body => !body.hidden) && headOfGroup(of, members);
    table.append(...(head ? [head] : []), ...members);
  });
  byId('shown').textContent = `${sorted.filter(body => !body.hidden).length} of ${sorted.length} constraints shown`;
}
[only, sort, group].forEach(control => { if (control) control.onchange = arrange; });

// The DVH: the curves' numbers are read from their paths, so they stand in the file once.
const plot = byId('dvh');
if (!plot) return;
const part = selector => plot.querySelector(selector);
const view = part('.cv'), grid = part('.gr'), line = part('.cur'), box = part('.sel');
const doseEnd = +plot.dataset.max, step = +plot.dataset.step, prescription = +plot.dataset.rx || 0;
const curves = all('.lg tbody tr').map(row => ({
  row, volume: +row.dataset.cc, shown: true,
  button: row.querySelector('.nm0'), one: row.querySelector('.one'), cell: row.querySelector('.at'),
  parts: all('.' + row.dataset.n, plot),
  label: part('.lb0.' + row.dataset.n),
  values: valuesOf(view.querySelector('[data-n=' + row.dataset.n + ']')),
}));
function valuesOf(path) {
  return path.getAttribute('d').slice(1).split(' ').map(pair => +pair.split(',')[1]);
}
let inCc = false, inPercentDose = false, zoom = null, cursor = -1, window_ = [0, 1, 0, 1];
const scaleOf = curve => inCc ? curve.volume / 100 : 1;
const atX = dose => (dose - window_[0]) / (window_[1] - window_[0]);
const atY = volume => (window_[3] - volume) / (window_[3] - window_[2]);
const unit = plot.dataset.unit || 'Gy', inGy = unit == 'cGy' ? .01 : 1;
const doseUnit = () => inPercentDose ? prescription / 100 : inGy;

function ticks(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough)), m = rough / power;
  const size = power * (m > 5 ? 10 : m > 2 ? 5 : m > 1 ? 2 : 1), marks = [];
  for (let n = Math.ceil(low / size); n * size <= high * 1.0001; n++) marks.push(+(n * size).toFixed(5));
  return marks;
}
function read() {
  const isOn = cursor >= window_[0] && cursor <= window_[1], place = cursor / step, index = Math.floor(place);
  line.classList.toggle('off', !isOn);
  if (isOn) set(line, {x1: percent(atX(cursor)), x2: percent(atX(cursor))});
  byId('at').textContent = isOn ? 'at ' + (cursor / doseUnit()).toFixed(inPercentDose || inGy == 1 ? 1 : 0) + (inPercentDose ? ' %' : ' ' + unit) : 'at cursor';
  curves.forEach(curve => {
    const here = curve.values[index] || 0, next = curve.values[index + 1] || 0;
    const volume = (here + (next - here) * (place - index)) * scaleOf(curve);
    curve.cell.textContent = isOn ? volume.toFixed(volume < 1 ? 2 : 1) + (inCc ? ' cc' : ' %') : '';
  });
}
function draw() {
  const top = inCc ? Math.max(1, ...curves.map(curve => curve.shown * curve.volume)) : 100;
  window_ = zoom || [0, doseEnd, 0, top];
  const [left, right, bottom, upper] = window_;
  set(view, {viewBox: [left, -upper, right - left, upper - bottom].join(' ')});
  curves.forEach(curve => curve.parts.forEach(part => {
    const {x, y} = part.dataset;
    if (x === undefined) { part.classList.toggle('off', !curve.shown); set(part, {transform: `scale(1,${-scaleOf(curve)})`}); return; }
    const px = atX(+x), py = +y ? atY(y * scaleOf(curve)) : bottom > 0 ? 2 : 1;
    part.classList.toggle('off', !curve.shown || px < 0 || px > 1 || py < 0 || py > 1.001);
    set(part, {x: percent(px), y: percent(py)});
  }));
  placeLabels();
  grid.innerHTML = ticks(left / doseUnit(), right / doseUnit()).map(mark => {
    const x = percent(atX(mark * doseUnit()));
    return `<line x1="${x}" x2="${x}" y2="100%"/><text x="${x}" y="100%" dy="16" text-anchor="middle">${mark}</text>`;
  }).join('') + ticks(bottom, upper).map(mark => {
    const y = percent(atY(mark));
    return `<line y1="${y}" y2="${y}" x2="100%"/><text y="${y}" dx="-8" dy="4" text-anchor="end">${mark}</text>`;
  }).join('');
  byId('yu').textContent = `Volume [${inCc ? 'cc' : '%'}]`;
  byId('xu').textContent = `Dose [${inPercentDose ? `% of ${+(prescription / inGy).toFixed(2)} ${unit}` : unit}]`;
  byId('rz').hidden = !zoom;
  read();
}
const showAll = () => { zoom = null; draw(); };

// The names stand where they cover least of the curves as they are drawn now, in every unit and every zoom. A name
// that would lie on another curve is left out: the table has it.
const CELL = 4, LETTER = 7.2, MOST_COVERED = 4, FAR = 4;
const SEATS = [[8, -6, 0], [8, 12, 0], [-8, -6, 1], [-8, 14, 1], [22, -14, 0], [18, 4, 0]]; // dx, dy, ends there
function placeLabels() {
  const {width, height} = plot.getBoundingClientRect(), columns = Math.ceil(width / CELL) + 1;
  if (!width || !height) return;
  const taken = new Float32Array(columns * (Math.ceil(height / CELL) + 1));
  const shown = curves.filter(curve => curve.shown && curve.label);
  const paths = new Map(shown.map(curve => [curve, pathOf(curve, width, height)]));
  const cellOf = ([x, y]) => Math.floor(y / CELL) * columns + Math.floor(x / CELL);
  const cells = new Map([...paths].map(([curve, path]) => [curve, new Set(path.map(cellOf))]));
  cells.forEach(own => own.forEach(cell => taken[cell] += 1));
  const byLength = [...shown].sort((a, b) => b.label.textContent.length - a.label.textContent.length);
  byLength.forEach(curve => {
    cells.get(curve).forEach(cell => taken[cell] -= 1);
    const seat = bestSeat(curve.label.textContent.length * LETTER, paths.get(curve), taken, columns, width, height);
    cells.get(curve).forEach(cell => taken[cell] += 1);
    curve.label.classList.toggle('off', !seat);
    if (!seat) return;
    const [[x, y], [dx, dy, ends], box] = seat;
    set(curve.label, {x: percent(x / width), y: percent(y / height)});
    set(curve.label.firstElementChild, {x: dx, y: dy, 'text-anchor': ends ? 'end' : 'start'});
    eachCell(box, columns, cell => taken[cell] += 20);
  });
}
function pathOf(curve, width, height) {
  const path = [];
  let last = null;
  curve.values.forEach((value, n) => {
    const point = [atX(n * step) * width, atY(value * scaleOf(curve)) * height];
    if (last) {
      const count = Math.min(400, Math.ceil(Math.hypot(point[0] - last[0], point[1] - last[1]) / (CELL / 2))) || 1;
      for (let i = 0; i < count; i++) {
        const x = last[0] + (point[0] - last[0]) * i / count, y = last[1] + (point[1] - last[1]) * i / count;
        if (x >= 0 && x < width && y >= 0 && y < height) path.push([x, y]);
      }
    }
    last = point;
  });
  return path;
}
function bestSeat(length, path, taken, columns, width, height) {
  let best = null, least = Infinity;
  path.forEach(([x, y], n) => {
    if (n % 3 || y < 14 || y > height - 8) return;
    SEATS.forEach(([dx, dy, ends], rank) => {
      const left = x + dx - (ends ? length : 0), box = [left, y + dy - 11, left + length, y + dy + 4];
      if (box[0] < 2 || box[2] > width || box[1] < 2 || box[3] > height - 4) return;
      let covered = 0;
      eachCell(box, columns, cell => covered += taken[cell]);
      const cost = covered + 0.8 * Math.abs(y / height - 0.45) + 0.1 * rank;
      if (covered <= (rank == FAR ? 0 : MOST_COVERED) && cost < least) { least = cost; best = [[x, y], SEATS[rank], box]; }
    });
  });
  return best;
}
function eachCell([left, top, right, bottom], columns, visit) {
  for (let row = Math.floor(top / CELL); row <= bottom / CELL; row++)
    for (let column = Math.floor(left / CELL); column <= right / CELL; column++) visit(row * columns + column);
}
addEventListener('resize', () => placeLabels());
function zoomBy(factor, centre) {
  const width = Math.min(doseEnd, (window_[1] - window_[0]) * factor), share = atX(centre);
  const left = Math.min(Math.max(0, centre - share * width), doseEnd - width);
  zoom = width >= doseEnd * 0.999 && window_[3] - window_[2] >= 99 ? null : [left, left + width, window_[2], window_[3]];
  draw();
}

// Mouse: point to read, drag to zoom. Touch: slide to read, pinch to zoom. Keys: arrows, plus, minus, Escape.
const within = value => Math.min(1, Math.max(0, value));
const placeOf = event => {
  const r = plot.getBoundingClientRect();
  return [within((event.clientX - r.x) / r.width), within((event.clientY - r.y) / r.height)];
};
const spans = (from, to) => [0, 1].map(i => [Math.min(from[i], to[i]), Math.abs(from[i] - to[i])]);
const touches = new Map();
let start = null, spread = 0;
plot.onpointerdown = event => {
  if (event.pointerType == 'touch') { touches.set(event.pointerId, event.clientX); spread = 0; }
  else { start = placeOf(event); plot.setPointerCapture(event.pointerId); }
};
plot.onpointermove = event => {
  const place = placeOf(event), dose = window_[0] + place[0] * (window_[1] - window_[0]);
  if (touches.has(event.pointerId)) touches.set(event.pointerId, event.clientX);
  if (touches.size == 2) {
    const [a, b] = [...touches.values()], distance = Math.abs(a - b) || 1;
    if (spread) zoomBy(spread / distance, dose);
    spread = distance;
    return;
  }
  cursor = dose;
  read();
  if (!start) return;
  const [h, v] = spans(start, place);
  set(box, {class: 'sel', x: percent(h[0]), width: percent(h[1]), y: percent(v[0]), height: percent(v[1])});
};
plot.onpointerup = event => {
  touches.delete(event.pointerId);
  if (!start) return;
  const [h, v] = spans(start, placeOf(event)), [left, right, bottom, upper] = window_;
  start = null;
  set(box, {class: 'sel off'});
  if (h[1] > .02 && v[1] > .02) {
    const across = share => left + share * (right - left), down = share => upper - share * (upper - bottom);
    zoom = [across(h[0]), across(h[0] + h[1]), down(v[0] + v[1]), down(v[0])];
    draw();
  }
};
plot.onpointercancel = event => { touches.delete(event.pointerId); start = null; set(box, {class: 'sel off'}); };
plot.onpointerleave = event => { if (!start && event.pointerType != 'touch') { cursor = -1; read(); } };
plot.ondblclick = byId('rz').onclick = showAll;
plot.onkeydown = event => {
  const move = {ArrowLeft: -1, ArrowRight: 1}[event.key], middle = (window_[0] + window_[1]) / 2;
  if (move) {
    const size = Math.max(step, 0.5) * (event.shiftKey ? 10 : 1);
    cursor = Math.min(doseEnd, Math.max(0, (cursor >= 0 ? cursor : middle) + move * size));
    read();
    event.preventDefault();
  }
  if (event.key == '+' || event.key == '=') zoomBy(0.7, cursor >= 0 ? cursor : middle);
  if (event.key == '-') zoomBy(1 / 0.7, cursor >= 0 ? cursor : middle);
  if (event.key == 'Escape') showAll();
};

// The legend: select a name to hide its curve, "only" to hide all others, point at it to see it stand out.
const emphasise = hot => {
  view.classList.toggle('dim', !!hot);
  curves.forEach(curve => curve.parts.forEach(part => part.classList.toggle('hot', curve == hot)));
};
function show(isShown) {
  curves.forEach(curve => { curve.shown = isShown(curve); set(curve.button, {'aria-pressed': curve.shown}); });
  byId('sh').hidden = curves.every(curve => curve.shown);
  draw();
}
byId('sh').onclick = () => show(() => true);
curves.forEach(curve => {
  curve.button.onclick = () => show(other => other == curve ? !other.shown : other.shown);
  curve.one.onclick = () => show(other => other == curve);
  curve.row.onpointerenter = event => { if (event.pointerType == 'mouse') emphasise(curve); };
  curve.row.onpointerleave = () => emphasise(null);
});
const choice = (id, change) => all('#' + id + ' .btn').forEach((button, index, both) => button.onclick = () => {
  both.forEach(other => set(other, {'aria-pressed': other == button}));
  change(index == 1);
});
choice('volume-axis', on => { inCc = on; showAll(); });
choice('dose-axis', on => { inPercentDose = on; draw(); });
choice('colours', on => D.body.classList.toggle('own', on));
draw();
})();
